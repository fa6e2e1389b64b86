// What verification found, kept until the token has to be looked at again, mostly when it expires: a token seen before costs no signature check.
// Two generations stand in for an exact LRU: no bookkeeping on a hit, and nothing to sweep.
import type { VerifiedToken } from './types.ts';

export interface TokenCacheLimits {
  readonly maxEntries: number;
  readonly maxCharacters: number;
}

export interface TokenCache {
  get(token: string): VerifiedToken | undefined;
  set(token: string, verified: VerifiedToken): void;
  clear(): void;
}

interface Entry {
  readonly token: string;
  readonly verified: VerifiedToken;
}

// Hashing 3 KB would cost 5 µs on each request. The end of a token is the end of its signature, which nobody chooses,
// so it serves as the key; the whole token is compared after that.
const KEY_CHARACTERS = 64;
/** What a name and value of the impersonation take in memory, about: of a user in thousands of groups it is the most. */
const FIELD_CHARACTERS = 32;

export function createTokenCache(limits: TokenCacheLimits): TokenCache {
  let young = new Map<string, Entry>();
  let old = new Map<string, Entry>();
  let youngCharacters = 0;

  function insert(key: string, entry: Entry): void {
    if (young.size * 2 >= limits.maxEntries || youngCharacters * 2 >= limits.maxCharacters) {
      old = young;
      young = new Map();
      youngCharacters = 0;
    }
    young.set(key, entry);
    youngCharacters += entry.token.length + entry.verified.impersonation.length * FIELD_CHARACTERS;
  }

  return {
    get(token) {
      const key = token.slice(-KEY_CHARACTERS);
      let entry = young.get(key);
      const isYoung = entry !== undefined;
      entry ??= old.get(key);
      if (entry === undefined || entry.token !== token) return undefined;
      if (entry.verified.recheckAtMs <= Date.now()) {
        young.delete(key);
        old.delete(key);
        return undefined;
      }
      if (!isYoung) insert(flatCopy(key), entry);
      return entry.verified;
    },
    set(token, verified) {
      const copy = flatCopy(token);
      insert(flatCopy(token.slice(-KEY_CHARACTERS)), { token: copy, verified });
    },
    clear() {
      young = new Map();
      old = new Map();
      youngCharacters = 0;
    },
  };
}

/** A slice keeps the whole head that it was cut from alive; a copy does not. */
function flatCopy(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
