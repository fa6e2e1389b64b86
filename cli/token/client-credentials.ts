// Signs in a service principal with its secret (OAuth 2.0 client credentials, RFC 6749 §4.4).
import { ConfidentialClientApplication } from '@azure/msal-node';
import { CliError } from '../cli-error.ts';
import { createAuthorityNetwork } from './authority-network.ts';
import { msalSettings } from './msal-settings.ts';
import type { AccessToken, SignInRequest } from './sign-in-request.ts';
import { checkedToken, throwSignInError } from './sign-in-error.ts';

/** Both names that Azure tools use; never a flag, which every user of the machine could read in the process list. */
const SECRET_VARIABLES = ['AZURE_CLIENT_SECRET', 'AAD_SERVICE_PRINCIPAL_CLIENT_SECRET'] as const;

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE */
export async function signInWithSecret(request: SignInRequest): Promise<AccessToken> {
  const secret = SECRET_VARIABLES.map((name) => request.environment[name]).find(
    (value) => value !== undefined && value !== '',
  );
  if (secret === undefined) {
    throw new CliError(
      'CC_ERR_CLI_SIGN_IN_FAILED',
      'there is no client secret',
      `Set ${SECRET_VARIABLES.join(' or ')} in the environment`,
    );
  }
  const network = createAuthorityNetwork(request);
  try {
    const settings = msalSettings(request, network);
    const client = new ConfidentialClientApplication({
      ...settings,
      auth: { ...settings.auth, clientSecret: secret },
    });
    const result = await client.acquireTokenByClientCredential({ scopes: [request.scope] });
    return checkedToken(result, request);
  } catch (error) {
    return throwSignInError(network.failure() ?? error, request);
  } finally {
    await network.close();
  }
}
