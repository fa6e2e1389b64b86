// A token from the cache, else by signing in: once, even when sixty kubectl ask at the same moment.
import { CliError, usageError } from '../cli-error.ts';
import { withLock } from '../files/lock-file.ts';
import { loginMode } from './login-modes.ts';
import type { LoginMode } from './login-modes.ts';
import type { PopClaims } from './pop/pop-claims.ts';
import type { AccessToken, SignInRequest } from './sign-in-request.ts';
import { accountFile, readCachedToken, tokenSlot, writeCachedToken } from './token-cache.ts';
import type { TokenSlot } from './token-cache.ts';
import { tokenIdentity } from './token-identity.ts';

export interface AcquireOptions {
  readonly mode: string;
  readonly cacheDirectory: string;
  /** Sign in even if the cache holds a token. */
  readonly refresh: boolean;
  /** Makes a proof of possession of the token: another one at each call. */
  readonly proof?: PopClaims;
  /** Tells people why it is signed in like this; called only when it is signed in. */
  announce?(): void;
  /** Read lazily: a cache hit needs no CA. */
  authorityCa(): string | undefined;
}

export type AcquireRequest = Omit<SignInRequest, 'accountFile' | 'authorityCa' | 'askAnew' | 'boundTo'>;

/** @throws CliError */
export async function acquireToken(request: AcquireRequest, options: AcquireOptions): Promise<AccessToken> {
  const mode = loginMode(options.mode);
  if (options.proof !== undefined && !mode.canBind) {
    throw usageError(
      `--login ${options.mode} cannot bind a token to a key (--pop-enabled)`,
      'Leave --pop-enabled out, or use a way to sign in that asks the token endpoint itself, such as spn',
    );
  }
  // Before the cache: what is kept is for those who could get it anew.
  mode.requireProof?.(request);
  if (options.proof === undefined) return bearerToken(mode, request, options);
  const [{ proofKey }, { signProof }] = await Promise.all([
    import('./pop/proof-key.ts'),
    import('./pop/sign-proof.ts'),
  ]);
  const key = await proofKey(options.cacheDirectory, request.prompt);
  const { thumbprint, requestConfirmation } = key;
  const boundTo = { thumbprint, requestConfirmation };
  return signProof(await bearerToken(mode, { ...request, boundTo }, options), key, options.proof);
}

async function bearerToken(
  mode: LoginMode,
  request: AcquireRequest & Pick<SignInRequest, 'boundTo'>,
  options: AcquireOptions,
): Promise<AccessToken> {
  const slot = tokenSlot(options.cacheDirectory, tokenIdentity(options.mode, request));
  const kept = (): AccessToken | undefined =>
    options.refresh ? undefined : readCachedToken(slot, Date.now());
  const cached = kept();
  if (cached !== undefined) return cached;
  const authorityCa = options.authorityCa();
  const full: SignInRequest = {
    ...request,
    ...(authorityCa === undefined ? {} : { authorityCa }),
    askAnew: options.refresh,
    accountFile: accountFile(options.cacheDirectory, options.mode, request),
  };
  const signInOnce = async (): Promise<AccessToken> => {
    // Whoever held the lock before may have signed in meanwhile.
    const theirs = kept();
    if (theirs !== undefined) return theirs;
    const signIn = await mode.load();
    const work = async (): Promise<AccessToken> => signIn(announced(full, mode, options));
    // An account serves all scopes: two of them at the same moment must not ask twice, nor write one over the other.
    const token = mode.asksPerson ? await inTurn(full.accountFile, mode, request, work) : await work();
    remember(slot, token, full);
    return token;
  };
  return inTurn(slot.file, mode, request, signInOnce);
}

async function inTurn(
  file: string,
  mode: LoginMode,
  request: AcquireRequest,
  work: () => Promise<AccessToken>,
): Promise<AccessToken> {
  const onLongWait = (): void =>
    request.prompt('Another command is waiting for this sign-in to be finished: this one goes on after it');
  try {
    return await withLock(
      file,
      { waitMs: mode.longestMs, takeOverDead: true, ...(mode.asksPerson && { onLongWait }) },
      work,
    );
  } catch (error) {
    // A home that cannot be written (a read-only container) costs the cache and not the token.
    if (error instanceof CliError && LOCK_CODES.has(error.code)) return work();
    throw error;
  }
}

const LOCK_CODES: ReadonlySet<string> = new Set(['CC_ERR_CLI_FILE_UNWRITABLE', 'CC_ERR_CLI_FILE_LOCKED']);

// A person who is asked nothing (their account is renewed silently) is told nothing.
function announced(request: SignInRequest, mode: LoginMode, options: AcquireOptions): SignInRequest {
  if (!mode.asksPerson) {
    options.announce?.();
    return request;
  }
  return {
    ...request,
    prompt: (line) => {
      options.announce?.();
      request.prompt(line);
    },
  };
}

// A token in hand is worth more than a cache: a full disk must not stop kubectl.
function remember(slot: TokenSlot, token: AccessToken, request: SignInRequest): void {
  try {
    writeCachedToken(slot, token, Date.now());
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    request.prompt(`${error.message}. ${error.advice}. The next call signs in again`);
  }
}
