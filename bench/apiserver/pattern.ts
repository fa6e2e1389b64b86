// The bytes of bulk transfers: a block that repeats. Whoever knows the position knows what has to be there, so every byte
// can be checked for the price of one comparison of memory.
import { createCipheriv } from 'node:crypto';

/** A prime: a piece that is missing, doubled or out of place shows, whatever power of two its length is. */
export const PATTERN_BYTES = 1_048_573;
const CIPHER_KEY_BYTES = 32;
const CIPHER_BLOCK_BYTES = 16;

/** The block twice, so that up to PATTERN_BYTES from any place of it are in one piece. Does not compress. */
export function createPattern(): Buffer {
  const cipher = createCipheriv(
    'aes-256-ctr',
    Buffer.alloc(CIPHER_KEY_BYTES),
    Buffer.alloc(CIPHER_BLOCK_BYTES),
  );
  const block = cipher.update(Buffer.alloc(PATTERN_BYTES));
  return Buffer.concat([block, block]);
}

/** @param bytes at most PATTERN_BYTES. @returns what a transfer has from `position` on, in memory of the pattern */
export function patternAt(pattern: Buffer, position: number, bytes: number): Buffer {
  const start = position % PATTERN_BYTES;
  return pattern.subarray(start, start + bytes);
}

/** Compares every byte that arrives with what has to be there. */
export class PatternCheck {
  private readonly pattern: Buffer;
  private position = 0;
  private firstWrong: number | undefined = undefined;

  constructor(pattern: Buffer) {
    this.pattern = pattern;
  }

  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.byteLength;) {
      const start = this.position % PATTERN_BYTES;
      const count = Math.min(bytes.byteLength - at, PATTERN_BYTES);
      if (this.pattern.compare(bytes, at, at + count, start, start + count) !== 0)
        this.firstWrong ??= this.position;
      this.position += count;
      at += count;
    }
  }

  get bytes(): number {
    return this.position;
  }

  /** Where the piece began that held the first wrong byte. */
  get wrongAt(): number | undefined {
    return this.firstWrong;
  }
}
