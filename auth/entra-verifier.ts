// The verifier of the tokens that clients bring: what kind of token it is, who judges it, and what was found before.
// facts: J1 to J13; the checks themselves are in entra-judge.ts, pop/ and service-accounts/.
import { silentLogger } from '../observe/index.ts';
import type { Logger } from '../observe/index.ts';
import { AuthError } from './auth-error.ts';
import { parseCompactJws } from './compact-jws.ts';
import type { CompactJws } from './compact-jws.ts';
import { deniedError } from './deny-list.ts';
import type { DenyList } from './deny-list.ts';
import type { EntraClaims } from './entra-claims.ts';
import { ACCESS_TOKEN_TYPES, createEntraJudge, ENTRA_ALGORITHMS } from './entra-judge.ts';
import { checkEntraSettings } from './entra-settings.ts';
import { createGroupLookup } from './graph/index.ts';
import type { GroupLookup } from './graph/index.ts';
import { createKeyFetch } from './key-fetch.ts';
import type { KeyFetch, KeyFetchOptions } from './key-fetch.ts';
import {
  DEFAULT_POP_LIFETIME_MS,
  MAX_CACHED_TOKENS,
  MAX_CACHED_POP_CHARACTERS,
  MAX_CACHED_POP_TOKENS,
  MAX_CACHED_TOKEN_CHARACTERS,
  MAX_PENDING_POP_VERIFICATIONS,
  MAX_PENDING_VERIFICATIONS,
  MAX_POP_TOKEN_BYTES,
  MAX_REFUSED_TOKENS,
  MAX_TOKEN_BYTES,
  REFUSED_TOKEN_TTL_MS,
} from './limits.ts';
import { readPopClaims } from './pop/pop-claims.ts';
import { verifyPop } from './pop/verify-pop.ts';
import { checkPermission, principalKind, toVerifiedToken } from './principal.ts';
import { createRefusedTokens } from './refused-tokens.ts';
import type { ServiceAccountJudge } from './service-accounts/service-account-judge.ts';
import { createTokenCache } from './token-cache.ts';
import { groupsOfToken } from './token-groups.ts';
import type { EntraSettings, PopProof, TokenVerifier, VerifiedToken } from './types.ts';

export interface EntraVerifierOptions {
  readonly logger?: Logger;
  /** Who judges the tokens of ServiceAccounts; without it they are refused like any token of an unknown tenant. */
  readonly serviceAccounts?: ServiceAccountJudge;
  /** Looked at for each token that is new, and for all of them again when it changes. */
  readonly denyList?: DenyList;
  /** Stands in for the network: tests, or a caller with its own client. */
  readonly keyFetch?: KeyFetch;
  readonly groupLookup?: GroupLookup;
}

const TOKEN_RULES = {
  maxBytes: MAX_POP_TOKEN_BYTES,
  algorithms: ENTRA_ALGORITHMS,
  types: [...ACCESS_TOKEN_TYPES, 'pop'],
} as const;

/** @throws ConfigError when the settings cannot be used */
export function createEntraVerifier(
  settings: EntraSettings,
  options: EntraVerifierOptions = {},
): TokenVerifier {
  const checked = checkEntraSettings(settings);
  const { logger = silentLogger, serviceAccounts, denyList } = options;
  const keyFetch = options.keyFetch ?? createKeyFetch(keyFetchOptions(settings));
  const lookup = options.groupLookup ?? createLookup(settings, logger);
  const cache = createTokenCache({
    maxEntries: MAX_CACHED_TOKENS,
    maxCharacters: MAX_CACHED_TOKEN_CHARACTERS,
  });
  // Users make these themselves, as many as they like: they push out one another, and nobody's else.
  const popCache = createTokenCache({
    maxEntries: MAX_CACHED_POP_TOKENS,
    maxCharacters: MAX_CACHED_POP_CHARACTERS,
  });
  const refused = createRefusedTokens(MAX_REFUSED_TOKENS, REFUSED_TOKEN_TTL_MS);
  const pending = new Map<string, Promise<VerifiedToken>>();
  let pendingPop = 0;
  // Counts what may change a judgement: one that was under way meanwhile is made again.
  let changes = 0;
  const forget = (): void => {
    changes += 1;
    cache.clear();
    popCache.clear();
  };
  const known = (token: string): VerifiedToken | undefined => cache.get(token) ?? popCache.get(token);
  const entra = createEntraJudge({
    settings: checked,
    fetchJson: keyFetch.fetchJson,
    onKeyWithdrawn: forget,
    logger,
  });
  denyList?.onChange(forget);
  let closed = false;

  function judge(token: string): Promise<VerifiedToken> | VerifiedToken {
    if (serviceAccounts?.isTheirs(token) === true) return serviceAccounts.judge(token);
    const jws = parseCompactJws(token, TOKEN_RULES);
    return jws.type === 'pop' ? judgePop(token, jws) : judgeBearer(token, jws);
  }

  async function judgeBearer(token: string, jws: CompactJws): Promise<VerifiedToken> {
    if (token.length > MAX_TOKEN_BYTES) {
      throw new AuthError('CC_ERR_AUTH_TOO_LARGE', `the token is longer than ${MAX_TOKEN_BYTES} bytes`);
    }
    const claims = await entra.judge(token, jws);
    if (claims.boundKey !== '') {
      throw wrongKind('a token bound to a key was sent as a plain bearer token');
    }
    if (settings.accept === 'pop') {
      throw wrongKind(
        'only proof-of-possession tokens are accepted: get-credentials --pop --cluster-id (or --pop-enabled --pop-claims u=<id of the cluster>)',
      );
    }
    return principal(claims, undefined);
  }

  async function judgePop(token: string, jws: CompactJws): Promise<VerifiedToken> {
    if (settings.accept === 'bearer')
      throw wrongKind('proof-of-possession tokens are not accepted here: send a plain one');
    if (pendingPop >= MAX_PENDING_POP_VERIFICATIONS) {
      throw new AuthError(
        'CC_ERR_AUTH_BUSY',
        'too many proof-of-possession tokens are being verified: try again',
      );
    }
    pendingPop += 1;
    try {
      const pop = readPopClaims(jws.payload);
      // First of all that Entra has signed it: nobody else makes us verify with a key of his choice.
      const claims = await entra.judge(pop.accessToken, entra.parse(pop.accessToken));
      const { clockSkewSeconds, popLifetimeMs: lifetimeMs = DEFAULT_POP_LIFETIME_MS } = settings;
      const rules = { lifetimeMs, clockSkewSeconds };
      return await principal(claims, verifyPop(token, jws, pop, claims.boundKey, rules));
    } finally {
      pendingPop -= 1;
    }
  }

  async function principal(claims: EntraClaims, pop: PopProof | undefined): Promise<VerifiedToken> {
    const kind = principalKind(claims);
    checkPermission(claims, kind, settings);
    const { groups, recheckAtMs = Infinity } = await groupsOfToken(claims, kind, settings, lookup);
    const expiresAtMs = (claims.expiresAt + settings.clockSkewSeconds) * 1000;
    return toVerifiedToken(claims, settings, {
      kind,
      groups,
      expiresAtMs,
      recheckAtMs: Math.min(expiresAtMs, recheckAtMs, pop?.usableUntilMs ?? Infinity),
      ...(pop !== undefined && { pop }),
    });
  }

  async function judgeAndRemember(token: string): Promise<VerifiedToken> {
    try {
      for (;;) {
        const before = changes;
        const verified = await judge(token);
        if (denyList?.denies(verified) === true) throw deniedError();
        if (before !== changes) continue;
        (verified.pop === undefined ? cache : popCache).set(token, verified);
        return verified;
      }
    } catch (error) {
      if (error instanceof AuthError && !error.retryable) refused.add(token, error);
      throw error;
    }
  }

  async function verify(token: string): Promise<VerifiedToken> {
    const found = known(token);
    if (found !== undefined) return found;
    const refusal = refused.get(token);
    if (refusal !== undefined) throw refusal;
    const underWay = pending.get(token);
    if (underWay !== undefined) return underWay;
    if (closed) throw new AuthError('CC_ERR_AUTH_UNAVAILABLE', 'shutting down');
    if (pending.size >= MAX_PENDING_VERIFICATIONS) {
      throw new AuthError('CC_ERR_AUTH_BUSY', 'too many tokens are being verified: try again');
    }
    const judgement = judgeAndRemember(token).finally(() => pending.delete(token));
    pending.set(token, judgement);
    return judgement;
  }

  return {
    cached: known,
    verify,
    async close() {
      closed = true;
      forget();
      await Promise.all([keyFetch.close(), lookup?.close()]);
    },
  };
}

function keyFetchOptions({ authorityCa, authorityProxyUrl }: EntraSettings): KeyFetchOptions {
  return {
    ...(authorityCa !== undefined && { authorityCa }),
    ...(authorityProxyUrl !== undefined && { proxyUrl: authorityProxyUrl }),
  };
}

function createLookup(settings: EntraSettings, logger: Logger): GroupLookup | undefined {
  const { groupsOverage, graph, authorityHost, authorityCa, authorityProxyUrl, graphProxyUrl } = settings;
  if (groupsOverage !== 'graph' || graph === undefined) return undefined;
  return createGroupLookup(graph, {
    authorityHost,
    logger,
    ...(authorityCa !== undefined && { authorityCa }),
    ...(authorityProxyUrl !== undefined && { authorityProxyUrl }),
    ...(graphProxyUrl !== undefined && { graphProxyUrl }),
  });
}

function wrongKind(reason: string): AuthError {
  return new AuthError('CC_ERR_AUTH_TOKEN_KIND', reason);
}
