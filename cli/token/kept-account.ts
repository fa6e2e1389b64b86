// The account of a person, with its refresh token, in a file of its own: whoever has signed in once is asked again only
// when Entra says so.
import { PublicClientApplication } from '@azure/msal-node';
import type { AuthenticationResult, ICachePlugin } from '@azure/msal-node';
import { CliError } from '../cli-error.ts';
import { writeFileAtomic } from '../files/write-atomic.ts';
import { createAuthorityNetwork } from './authority-network.ts';
import { msalSettings } from './msal-settings.ts';
import { checkedToken, throwSignInError } from './sign-in-error.ts';
import type { AccessToken, SignInRequest } from './sign-in-request.ts';
import { readPrivateFile } from './token-cache.ts';

/**
 * Signs in silently, and by `ask` where that does not do, or where it is wanted anew. The account that has signed in is the
 * one that is kept.
 * @throws CliError CC_ERR_CLI_SIGN_IN_FAILED, CC_ERR_CLI_SIGN_IN_UNREACHABLE
 */
export async function signInPerson(
  request: SignInRequest,
  ask: (client: PublicClientApplication) => Promise<AuthenticationResult | null>,
  askAnew = false,
): Promise<AccessToken> {
  const network = createAuthorityNetwork(request);
  try {
    const client = new PublicClientApplication({
      ...msalSettings(request, network),
      cache: { cachePlugin: accountPlugin(request) },
    });
    const renewed = askAnew ? undefined : await silently(client, request);
    if (renewed !== undefined) return checkedToken(renewed, request);
    const result = await ask(client);
    await keepOnly(client, result);
    return checkedToken(result, request);
  } catch (error) {
    return throwSignInError(network.failure() ?? error, request);
  } finally {
    await network.close();
  }
}

async function silently(
  client: PublicClientApplication,
  request: SignInRequest,
): Promise<AuthenticationResult | undefined> {
  const [account, another] = await client.getAllAccounts();
  // Of several nobody knows which one is meant: an earlier version kept all.
  if (account === undefined || another !== undefined) return undefined;
  try {
    // Forced: a token that is still good would have come from our own cache, without MSAL.
    return await client.acquireTokenSilent({ account, scopes: [request.scope], forceRefresh: true });
  } catch (error) {
    // A refresh token that was revoked or has expired: a new sign-in mends it. A network that is down: it does not.
    if (isOAuthError(error)) return undefined;
    throw error;
  }
}

// MSAL keeps everybody who has ever signed in, and a renewal would take whoever comes first.
async function keepOnly(client: PublicClientApplication, result: AuthenticationResult | null): Promise<void> {
  const ours = result?.account?.homeAccountId;
  if (ours === undefined) return;
  for (const account of await client.getAllAccounts()) {
    if (account.homeAccountId !== ours) await client.getTokenCache().removeAccount(account);
  }
}

function isOAuthError(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'InteractionRequiredAuthError' || error.name === 'ServerError')
  );
}

function accountPlugin(request: SignInRequest): ICachePlugin {
  const file = request.accountFile;
  return {
    beforeCacheAccess: async (context) => {
      const text = readPrivateFile(file);
      if (text !== undefined) readAccount(text, context.tokenCache);
    },
    afterCacheAccess: async (context) => {
      if (context.cacheHasChanged) saveAccount(request, context.tokenCache.serialize());
    },
  };
}

// Never fails: the person has just signed in, and the token is there.
function saveAccount(request: SignInRequest, text: string): void {
  try {
    writeFileAtomic(request.accountFile, text, 0o600);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    request.prompt(`${error.message}. ${error.advice}. You will have to sign in again`);
  }
}

// A damaged file costs one sign-in; it must not cost every one.
function readAccount(text: string, cache: { deserialize(text: string): void }): void {
  try {
    JSON.parse(text);
  } catch {
    return;
  }
  cache.deserialize(text);
}
