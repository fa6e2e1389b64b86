// What the stand-in has taken in of uploads: how much, until when, and whether it was what the load sent.
import { z } from 'zod';
import { PatternCheck } from './pattern.ts';

export const progressSchema = z.object({
  /** Bytes of bodies, of all transfers together. */
  bytes: z.number(),
  /** When this was said: milliseconds since the epoch, so that processes of one machine agree. */
  atMs: z.number(),
  /** When the first COLD_BYTES had arrived; null until then. */
  coldMs: z.number().nullable(),
  /** Transfers that came to their end. */
  ended: z.int(),
  /** Transfers of which a byte was not what it had to be. */
  wrong: z.int(),
});
export type Progress = z.infer<typeof progressSchema>;

/** What a transfer has to bring before its cold start is over. */
export const COLD_BYTES = 16 * 2 ** 20;

/** Milliseconds since the epoch, as fine as performance.now(). */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/** One transfer that arrives. */
export interface Arriving {
  /** Every byte is compared with what has to be there. */
  take(bytes: Buffer): void;
  /** It is whole. */
  end(): void;
  readonly bytes: number;
  /** Where the piece began that held the first wrong byte. */
  readonly wrongAt: number | undefined;
}

interface Counts {
  bytes: number;
  coldMs: number | null;
  ended: number;
  wrong: number;
}

/** Counts what transfers bring, at whichever end they arrive. */
export class Intake {
  private counts = nothing();

  /** @param pattern what it has to bring */
  open(pattern: Buffer): Arriving {
    // What a route still delivers of an earlier transfer is not to be taken for the one that is measured.
    const { counts } = this;
    const check = new PatternCheck(pattern);
    return {
      take: (bytes) => {
        const wasRight = check.wrongAt === undefined;
        check.push(bytes);
        counts.bytes += bytes.byteLength;
        if (counts.coldMs === null && counts.bytes >= COLD_BYTES) counts.coldMs = epochMs();
        if (wasRight && check.wrongAt !== undefined) counts.wrong += 1;
      },
      end: () => {
        counts.ended += 1;
      },
      get bytes() {
        return check.bytes;
      },
      get wrongAt() {
        return check.wrongAt;
      },
    };
  }

  progress(): Progress {
    return { ...this.counts, atMs: epochMs() };
  }

  /** What opens from now on is counted anew. */
  reset(): void {
    this.counts = nothing();
  }
}

function nothing(): Counts {
  return { bytes: 0, coldMs: null, ended: 0, wrong: 0 };
}
