// Signs in a person in the browser of this machine: authorization code with PKCE, and a redirect to this process (RFC 8252).
import { randomBytes } from 'node:crypto';
import { CryptoProvider, ServerError } from '@azure/msal-node';
import type { AuthenticationResult, PublicClientApplication } from '@azure/msal-node';
import { strangeEndpoint } from '../authority-network.ts';
import { signInPerson } from '../kept-account.ts';
import { listenForBrowser } from '../loopback-listener.ts';
import { openBrowser } from '../open-browser.ts';
import type { AccessToken, SignInRequest } from '../sign-in-request.ts';

/** For a password, a second factor and a phone that has to be looked for. */
const WAIT_MS = 300_000;

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE */
export async function signInWithBrowser(request: SignInRequest): Promise<AccessToken> {
  return signInPerson(request, (client) => askInBrowser(client, request), request.askAnew);
}

// Not by MSAL's own acquireTokenInteractive: it takes no redirect address, waits for ever, and reads answers of any size.
async function askInBrowser(
  client: PublicClientApplication,
  request: SignInRequest,
): Promise<AuthenticationResult> {
  const listener = await listenForBrowser(request.redirectUrl);
  try {
    const scopes = [request.scope];
    const { redirectUri } = listener;
    const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
    const state = randomBytes(32).toString('base64url');
    const url = await client.getAuthCodeUrl({
      scopes,
      redirectUri,
      state,
      responseMode: 'form_post',
      codeChallenge: challenge,
      codeChallengeMethod: 'S256',
      // Without it Entra would take the account that it knows already, also from somebody who wants another.
      ...((request.loginHint === undefined || request.askAnew === true) && { prompt: 'select_account' }),
      ...(request.loginHint !== undefined && { loginHint: request.loginHint }),
    });
    if (new URL(url).origin !== request.authorityHost) throw strangeEndpoint(request.authorityHost);
    const opened = openBrowser(url, request.environment);
    request.prompt(
      `To sign in, ${opened ? 'go to your browser, or open' : 'open in a browser of this machine'} ${url}`,
    );
    const answer = await listener.answer(state, WAIT_MS);
    const code = answer.get('code');
    if (code === null) throw refusal(answer);
    return await client.acquireTokenByCode({ code, codeVerifier: verifier, redirectUri, scopes });
  } finally {
    await listener.close();
  }
}

// As MSAL throws what the token endpoint answers: sign-in-error.ts knows what to do about it.
function refusal(answer: URLSearchParams): ServerError {
  return new ServerError(answer.get('error') ?? '', '', answer.get('error_description') ?? '');
}
