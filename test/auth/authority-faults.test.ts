// J12 over real sockets: an authority that fails, stalls, floods or lies costs a token that is new a 503, and those whose keys are
// known nothing for a day.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createEntraVerifier } from '../../auth/index.ts';
import type { TokenVerifier } from '../../auth/index.ts';
import { createKeyFetch } from '../../auth/key-fetch.ts';
import { FAILED_FETCH_COOLDOWN_MS, KEY_MAX_STALE_MS, UNKNOWN_KEY_COOLDOWN_MS } from '../../auth/limits.ts';
import { startEntraStandIn } from '../../demo/entra/index.ts';
import type { EntraStandIn } from '../../demo/entra/index.ts';
import { entraSettingsOf } from '../support/entra-stand-in.ts';
import { testAuthority } from '../support/test-authority.ts';
import { codeOf } from './authority-double.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const HOUR = 3_600_000;
/** The one wait that is real. */
const TIMEOUT_MS = 400;

let entra: EntraStandIn;
let verifier: TokenVerifier;
beforeAll(async () => {
  entra = await startEntraStandIn({ authority: testAuthority() });
});
afterAll(() => entra.close());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  const keyFetch = createKeyFetch({ authorityCa: entra.caPem, timeoutMs: TIMEOUT_MS });
  verifier = createEntraVerifier(entraSettingsOf(entra), { keyFetch });
});
afterEach(async () => {
  entra.misbehave(undefined);
  await verifier.close();
  vi.useRealTimers();
});

const alice = (): string => entra.issueToken({ user: 'alice', ttlSeconds: 40 * 3600 });
const verify = (token: string): Promise<string> => codeOf(() => verifier.verify(token));

const FAULTS = [
  ...(['hang', 'error-500', 'huge', 'many', 'empty', 'redirect'] as const).map((keys) => ({ keys })),
  ...(['hang', 'error-500', 'huge', 'empty', 'redirect', 'hostile'] as const).map((metadata) => ({
    metadata,
  })),
];

it.each(FAULTS)('J12: with %o nobody new is let in, and all are once it is over', async (fault) => {
  entra.misbehave(fault);
  expect(await verify(alice())).toBe('CC_ERR_AUTH_UNAVAILABLE');
  const asked = entra.requestedPaths().length;
  // A storm of them asks nobody again.
  const storm = await Promise.all(Array.from({ length: 50 }, () => verify(alice())));
  expect(new Set(storm)).toEqual(new Set(['CC_ERR_AUTH_UNAVAILABLE']));
  expect(entra.requestedPaths().length).toBe(asked);
  entra.misbehave(undefined);
  vi.setSystemTime(NOW + FAILED_FETCH_COOLDOWN_MS);
  expect(await verify(alice())).toBe('no error');
});

it.each(FAULTS)('J12: with %o known keys go on for a day, and no longer', async (fault) => {
  expect(await verify(alice())).toBe('no error');
  entra.misbehave(fault);
  for (const hours of [1, 3, 23]) {
    vi.setSystemTime(NOW + hours * HOUR);
    expect(await verify(alice())).toBe('no error');
  }
  vi.setSystemTime(NOW + KEY_MAX_STALE_MS + UNKNOWN_KEY_COOLDOWN_MS);
  expect(await verify(alice())).toBe('CC_ERR_AUTH_UNAVAILABLE');
});
