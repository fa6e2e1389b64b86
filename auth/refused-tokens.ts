// Tokens that were refused a moment ago, by digest: a client that repeats a bad token in a loop costs one hash each time.
import { hash } from 'node:crypto';
import type { AuthError } from './auth-error.ts';

export interface RefusedTokens {
  get(token: string): AuthError | undefined;
  add(token: string, error: AuthError): void;
}

interface Refusal {
  readonly error: AuthError;
  readonly untilMs: number;
}

/** Remembers up to `maxEntries` refusals for `ttlMs`; the oldest make room. */
export function createRefusedTokens(maxEntries: number, ttlMs: number): RefusedTokens {
  const refusals = new Map<string, Refusal>();
  return {
    get(token) {
      if (refusals.size === 0) return undefined;
      const digest = hash('sha256', token, 'base64');
      const refusal = refusals.get(digest);
      if (refusal === undefined || refusal.untilMs > Date.now()) return refusal?.error;
      refusals.delete(digest);
      return undefined;
    },
    add(token, error) {
      if (refusals.size >= maxEntries) {
        for (const oldest of refusals.keys()) {
          refusals.delete(oldest);
          break;
        }
      }
      refusals.set(hash('sha256', token, 'base64'), { error, untilMs: Date.now() + ttlMs });
    },
  };
}
