// A token for an application by itself (OAuth 2.0 client credentials, RFC 6749 §4.4), whatever it proves itself with.
import { ConfidentialClientApplication } from '@azure/msal-node';
import type { NodeAuthOptions } from '@azure/msal-node';
import type { AuthorityNetwork } from './authority-network.ts';
import { createAuthorityNetwork } from './authority-network.ts';
import { msalSettings } from './msal-settings.ts';
import { checkedToken, throwSignInError } from './sign-in-error.ts';
import type { AccessToken, SignInRequest } from './sign-in-request.ts';

export type Credential = Pick<NodeAuthOptions, 'clientSecret' | 'clientCertificate' | 'clientAssertion'>;

/**
 * @param prove what the application proves itself with; may ask somebody for it over the same network
 * @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE, and whatever `prove` throws
 */
export async function signInApplication(
  request: SignInRequest,
  prove: (network: AuthorityNetwork) => Credential | Promise<Credential>,
): Promise<AccessToken> {
  const network = createAuthorityNetwork(request);
  try {
    const credential = await prove(network);
    const settings = msalSettings(request, network);
    const client = new ConfidentialClientApplication({
      ...settings,
      auth: { ...settings.auth, ...credential },
    });
    const result = await client.acquireTokenByClientCredential({
      scopes: [request.scope],
      // MSAL_FORCE_REGION would bring the proof to a host that was not named.
      azureRegion: 'DisableMsalForceRegion',
    });
    return checkedToken(result, request);
  } catch (error) {
    return throwSignInError(network.failure() ?? error, request);
  } finally {
    await network.close();
  }
}
