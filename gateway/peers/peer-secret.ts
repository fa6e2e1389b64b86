// What shows that a peer belongs to this installation (SPEC §9.2). The socket's directory keeps others out already; this
// keeps out what got there by a mistake in its mode.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const SECRET_BYTES = 32;

/** A new one for each start of the gateway; base64url. */
export function createPeerSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

export function peerAuthorization(secret: string): string {
  return `Bearer ${secret}`;
}

/** In constant time: digests have one length, whatever was sent. */
export function isPeerAuthorization(header: string | undefined, secret: string): boolean {
  return timingSafeEqual(digest(header ?? ''), digest(peerAuthorization(secret)));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'latin1').digest();
}
