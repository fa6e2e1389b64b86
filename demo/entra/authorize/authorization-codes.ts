// Codes between the authorize endpoint and the token endpoint: each is good once and for ten minutes.
import { randomBytes } from 'node:crypto';
import type { DirectoryUser } from '../directory.ts';

export interface AuthorizationCode {
  readonly user: DirectoryUser;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  /** RFC 7636; undefined where the client brought none. */
  readonly challenge: { readonly method: 'S256' | 'plain'; readonly value: string } | undefined;
  readonly nonce: string | undefined;
  readonly expiresAtMs: number;
}

export interface AuthorizationCodes {
  issue(code: Omit<AuthorizationCode, 'expiresAtMs'>): string;
  /** The second time it says so: somebody else may have had it. */
  redeem(code: string): AuthorizationCode | 'redeemed' | undefined;
}

const CODE_LIFE_MS = 600_000;
const MAX_CODES = 1_000;

export function createAuthorizationCodes(): AuthorizationCodes {
  const codes = new Map<string, AuthorizationCode | 'redeemed'>();
  return {
    issue(code) {
      for (const oldest of codes.keys()) {
        if (codes.size < MAX_CODES) break;
        codes.delete(oldest);
      }
      const text = `1.${randomBytes(96).toString('base64url')}`;
      codes.set(text, { ...code, expiresAtMs: Date.now() + CODE_LIFE_MS });
      return text;
    },
    redeem(code) {
      const found = codes.get(code);
      if (found !== undefined) codes.set(code, 'redeemed');
      return found;
    },
  };
}
