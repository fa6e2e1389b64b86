// Times the check of a token as every request has it: by the gateway's own verifier, from the header's value on.
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { z } from 'zod';
import { bearerToken, createEntraVerifier, createNonceMemory, createPopGate } from '../../auth/index.ts';
import type { EntraSettings, TokenVerifier, VerifiedToken } from '../../auth/index.ts';

export interface TokenCheckSpec {
  readonly entra: EntraSettings;
  /** The first is the one that is checked again and again; each of the others is checked once. */
  readonly tokens: readonly string[];
  /** The same as proof-of-possession tokens, for this cluster. */
  readonly popTokens: readonly string[];
  readonly popCluster: string;
  readonly rounds: number;
  readonly checksPerRound: number;
}

const roundsSchema = z.array(z.number());
export const tokenCheckSchema = z.object({
  /** Microseconds for each check, by round. */
  cachedUs: roundsSchema,
  /** The first check of a token: parsed, its signature checked, its claims read. */
  firstUs: roundsSchema,
  /** The same for proof-of-possession tokens: with the look at cluster and holder, and with both signatures. */
  cachedPopUs: roundsSchema,
  firstPopUs: roundsSchema,
  /** jose's jwtVerify with the keys at hand: signature and times, and no more. */
  joseUs: roundsSchema,
  /** Checks whose answer was not the user of the token. */
  wrong: z.int(),
  checks: z.int(),
});
export type TokenCheck = z.infer<typeof tokenCheckSchema>;

const keySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** A header's value is a new text in each request: so many are made before the clock runs. */
const BATCH = 1000;
/** The address of the one client. */
const HOLDER = '127.0.0.1';

export async function measureTokenChecks(spec: TokenCheckSpec): Promise<TokenCheck> {
  const { rounds, checksPerRound: atLeast } = spec;
  const keys = createLocalJWKSet(keySetSchema.parse(JSON.parse(await keySetOf(spec.entra))));
  const verifier = createEntraVerifier(spec.entra);
  const gate = createPopGate(createNonceMemory());
  const passes = (verified: VerifiedToken): void => void gate.check(verified, spec.popCluster, HOLDER);
  const [token = '', ...others] = spec.tokens;
  const [popToken = '', ...popOthers] = spec.popTokens;
  const { objectId } = await verifier.verify(token);
  passes(await verifier.verify(popToken));
  const plain = { verifier, token, objectId, atLeast, goOn: () => undefined };
  const proven = { ...plain, token: popToken, goOn: passes };
  const measured: TokenCheck = {
    cachedUs: [],
    firstUs: [],
    cachedPopUs: [],
    firstPopUs: [],
    joseUs: [],
    wrong: 0,
    checks: 0,
  };
  try {
    checkCached(plain);
    checkCached(proven);
    for (let round = 0; round < rounds; round += 1) {
      for (const [check, us] of [
        [plain, measured.cachedUs],
        [proven, measured.cachedPopUs],
      ] as const) {
        const cached = checkCached(check);
        us.push(cached.us);
        measured.wrong += cached.wrong;
        measured.checks += cached.checks;
      }
      const verify = (one: string): Promise<unknown> => verifier.verify(one);
      measured.firstUs.push(await timeEach(shareOf(others, round, rounds), verify));
      measured.firstPopUs.push(
        await timeEach(shareOf(popOthers, round, rounds), async (one) => passes(await verifier.verify(one))),
      );
      measured.joseUs.push(
        await timeEach(shareOf(others, round, rounds), (one) =>
          jwtVerify(one, keys, { algorithms: ['RS256'] }),
        ),
      );
    }
  } finally {
    await verifier.close();
  }
  return measured;
}

interface CachedCheck {
  readonly verifier: TokenVerifier;
  readonly token: string;
  readonly objectId: string;
  readonly atLeast: number;
  /** What the chain does with it before it goes on. */
  readonly goOn: (verified: VerifiedToken) => void;
}

/** As a request chain does it: out of the header, and into the cache. */
function checkCached({ verifier, token, objectId, atLeast, goOn }: CachedCheck): {
  readonly us: number;
  readonly wrong: number;
  readonly checks: number;
} {
  const bytes = Buffer.from(`Bearer ${token}`, 'latin1');
  let elapsedMs = 0;
  let wrong = 0;
  let checks = 0;
  while (checks < atLeast) {
    const values = Array.from({ length: BATCH }, () => bytes.toString('latin1'));
    const startMs = performance.now();
    for (const value of values) {
      const verified = verifier.cached(bearerToken(value));
      if (verified?.objectId === objectId) goOn(verified);
      else wrong += 1;
    }
    elapsedMs += performance.now() - startMs;
    checks += BATCH;
  }
  return { us: (elapsedMs * 1000) / checks, wrong, checks };
}

/** Microseconds for each, one after the other. */
async function timeEach(
  tokens: readonly string[],
  check: (token: string) => Promise<unknown>,
): Promise<number> {
  const startMs = performance.now();
  for (const token of tokens) await check(token);
  return ((performance.now() - startMs) * 1000) / tokens.length;
}

function shareOf(tokens: readonly string[], round: number, rounds: number): readonly string[] {
  const size = Math.floor(tokens.length / rounds);
  return tokens.slice(round * size, (round + 1) * size);
}

/** What the verifier fetches for itself; jose's own fetch takes no CA. */
function keySetOf({ authorityHost, authorityCa, tenants: [tenant = ''] }: EntraSettings): Promise<string> {
  const url = new URL(`${tenant}/discovery/v2.0/keys`, authorityHost);
  return new Promise((resolve, reject) => {
    get(url, authorityCa === undefined ? {} : { ca: authorityCa }, (answer) => {
      text(answer).then(resolve, reject);
    }).on('error', reject);
  });
}
