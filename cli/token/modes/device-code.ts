// Signs in a person with a code that they enter in a browser on any device (RFC 8628).
import { signInPerson } from '../kept-account.ts';
import type { AccessToken, SignInRequest } from '../sign-in-request.ts';

/** As long as Entra's codes live. */
const WAIT_SECONDS = 900;

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE */
export async function signInWithDeviceCode(request: SignInRequest): Promise<AccessToken> {
  return signInPerson(request, (client) =>
    client.acquireTokenByDeviceCode({
      scopes: [request.scope],
      timeout: WAIT_SECONDS,
      deviceCodeCallback: ({ verificationUri, userCode }) => {
        request.prompt(`To sign in, open ${verificationUri} and enter the code ${userCode}`);
      },
    }),
  );
}
