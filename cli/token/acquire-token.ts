// A token from the cache, else by signing in: once, even when sixty kubectl ask at the same moment.
import { CliError } from '../cli-error.ts';
import { withLock } from '../files/lock-file.ts';
import { loginMode } from './login-modes.ts';
import type { AccessToken, SignInRequest } from './sign-in-request.ts';
import { accountFile, readCachedToken, tokenFile, writeCachedToken } from './token-cache.ts';

export interface AcquireOptions {
  readonly mode: string;
  readonly cacheDirectory: string;
  /** Sign in even if the cache holds a token. */
  readonly refresh: boolean;
  /** Read lazily: a cache hit needs no CA. */
  authorityCa(): string | undefined;
}

/** @throws CliError */
export async function acquireToken(
  request: Omit<SignInRequest, 'accountFile' | 'authorityCa'>,
  options: AcquireOptions,
): Promise<AccessToken> {
  const mode = loginMode(options.mode);
  const file = tokenFile(options.cacheDirectory, options.mode, request);
  const cached = options.refresh ? undefined : readCachedToken(file, Date.now());
  if (cached !== undefined) return cached;
  const authorityCa = options.authorityCa();
  const full: SignInRequest = {
    ...request,
    ...(authorityCa === undefined ? {} : { authorityCa }),
    accountFile: accountFile(options.cacheDirectory, options.mode, request),
  };
  const signInOnce = async (): Promise<AccessToken> => {
    // Whoever held the lock before may have signed in meanwhile.
    const theirs = options.refresh ? undefined : readCachedToken(file, Date.now());
    if (theirs !== undefined) return theirs;
    const signIn = await mode.load();
    const token = await signIn(full);
    remember(file, token, full);
    return token;
  };
  try {
    return await withLock(file, { waitMs: mode.longestMs, takeOverDead: true }, signInOnce);
  } catch (error) {
    // A home that cannot be written (a read-only container) costs the cache and not the token.
    if (error instanceof CliError && LOCK_CODES.has(error.code)) return signInOnce();
    throw error;
  }
}

const LOCK_CODES: ReadonlySet<string> = new Set(['CC_ERR_CLI_FILE_UNWRITABLE', 'CC_ERR_CLI_FILE_LOCKED']);

// A token in hand is worth more than a cache: a full disk must not stop kubectl.
function remember(file: string, token: AccessToken, request: SignInRequest): void {
  try {
    writeCachedToken(file, token, Date.now());
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    request.prompt(`${error.message}. ${error.advice}. The next call signs in again`);
  }
}
