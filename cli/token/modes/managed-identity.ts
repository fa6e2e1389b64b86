// Signs in the managed identity of an Azure resource. Where its endpoint is and how it is asked (App Service, IMDS, Arc,
// Service Fabric, Cloud Shell, Machine Learning) is MSAL's to know, from the environment.
import { ManagedIdentityApplication } from '@azure/msal-node';
import { CliError, usageError } from '../../cli-error.ts';
import { createPlatformNetwork } from '../platform-network.ts';
import { checkedToken, throwSignInError } from '../sign-in-error.ts';
import type { AccessToken, SignInRequest } from '../sign-in-request.ts';

const PLACE = {
  name: 'the managed identity endpoint',
  unreachableAdvice: 'Run this on an Azure resource that has a managed identity, or use another --login',
  refusedAdvice:
    'Check that this resource has the identity: --client-id, --identity-resource-id, or one of its own; and --server-id',
};
const DEFAULT_SCOPE = '/.default';

/** @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE, CC_ERR_CLI_USAGE */
export async function signInManagedIdentity(request: SignInRequest): Promise<AccessToken> {
  const { clientId, identityResourceId, scope } = request;
  if (clientId !== '' && identityResourceId !== undefined) {
    throw usageError(
      '--client-id (or AZURE_CLIENT_ID) and --identity-resource-id are both given',
      'Keep the one that names the identity',
    );
  }
  if (!scope.endsWith(DEFAULT_SCOPE)) {
    throw usageError(
      'a managed identity gets tokens for a whole API, not for one scope',
      `Give --server-id, or a --scope that ends in ${DEFAULT_SCOPE}`,
    );
  }
  const network = createPlatformNetwork();
  try {
    const client = new ManagedIdentityApplication({
      managedIdentityIdParams: {
        ...(clientId === '' ? {} : { userAssignedClientId: clientId }),
        ...(identityResourceId === undefined ? {} : { userAssignedResourceId: identityResourceId }),
      },
      system: {
        networkClient: network,
        loggerOptions: { piiLoggingEnabled: false, loggerCallback: () => undefined },
      },
    });
    const resource = scope.slice(0, -DEFAULT_SCOPE.length);
    // What MSAL remembers lives as long as this process: our own cache has been asked before.
    return checkedToken(await client.acquireToken({ resource, forceRefresh: true }), request, PLACE);
  } catch (error) {
    return throwSignInError(network.failure() ?? broken(network.lastStatus()) ?? error, request, PLACE);
  } finally {
    await network.close();
  }
}

function broken(status: number | undefined): CliError | undefined {
  if (status === undefined || status < 500) return undefined;
  return new CliError(
    'CC_ERR_CLI_SIGN_IN_UNREACHABLE',
    `${PLACE.name} answered with ${status}`,
    'Run the command again in a while; if it goes on, look at the health of this resource',
  );
}
