// The text of a join token: `ccjt_` and 32 random bytes. A prefix lets scanners and our redaction find a leaked one.
import { hash, randomBytes } from 'node:crypto';

const PREFIX = 'ccjt_';
const RANDOM_BYTES = 32;
// Its 32 bytes in base64url. The text is what is hashed, so no second spelling of the same bytes can pass.
const JOIN_TOKEN = /^ccjt_[A-Za-z0-9_-]{43}$/;

export function createJoinToken(): string {
  return PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');
}

export function isJoinToken(text: string): boolean {
  return JOIN_TOKEN.test(text);
}

/**
 * SHA-256, base64url: what is kept. 256 random bits need no slow hash, and looking a hash up tells nothing about
 * the token by its timing.
 */
export function hashJoinToken(joinToken: string): string {
  return hash('sha256', joinToken, 'base64url');
}
