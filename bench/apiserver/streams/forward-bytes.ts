// What flows through a port-forward: the pattern in binary messages, sent as fast as the socket takes it, and compared byte by
// byte where it arrives. The same at both ends.
import { patternAt, PatternCheck } from '../pattern.ts';
import { FORWARD_MESSAGE_BYTES } from './stream-paths.ts';
import { frameHeader } from './websocket-frames.ts';
import type { FrameSide, FrameSink } from './websocket-frames.ts';

/** Messages that are written at once: one write of TLS costs as much as many. */
const MESSAGES_AT_ONCE = 8;
/** Such writes that may wait in the socket: enough that it is never idle. */
const WRITES_WAITING = 2;

export interface ForwardWriter {
  write(bytes: Buffer, onWritten: () => void): void;
}

/** Sends `bytes` of the pattern. */
export function sendPattern(from: FrameSide, writer: ForwardWriter, pattern: Buffer, bytes: number): void {
  let position = 0;
  const next = (): void => {
    if (position >= bytes) return;
    const messages: Buffer[] = [];
    for (let count = 0; count < MESSAGES_AT_ONCE && position < bytes; count += 1) {
      const payload = patternAt(pattern, position, Math.min(FORWARD_MESSAGE_BYTES, bytes - position));
      position += payload.byteLength;
      messages.push(frameHeader(from, payload.byteLength), payload);
    }
    writer.write(Buffer.concat(messages), next);
  };
  for (let count = 0; count < WRITES_WAITING; count += 1) next();
}

/** Takes the pattern in, and says when it is whole. */
export class PatternSink implements FrameSink {
  private readonly check: PatternCheck;
  private readonly bytes: number;
  private readonly onWhole: (isRight: boolean) => void;

  constructor(pattern: Buffer, bytes: number, onWhole: (isRight: boolean) => void) {
    this.check = new PatternCheck(pattern);
    this.bytes = bytes;
    this.onWhole = onWhole;
  }

  onMessage(): void {
    // Where messages begin is nothing to the bytes that they carry.
  }

  /** @throws Error for more than was asked for */
  onPiece(piece: Buffer): void {
    this.check.push(piece);
    if (this.check.bytes > this.bytes) throw new Error('more bytes than were asked for');
    if (this.check.bytes === this.bytes) this.onWhole(this.check.wrongAt === undefined);
  }

  onMessageEnd(): void {
    // See onMessage.
  }
}
