// A Transport whose sending goes wrong in a way that a seed repeats: late, cut off, corrupted or not at all.
import type { Transport, TransportListener } from '../../tunnel/index.ts';

export interface Faults {
  readonly seed?: number;
  /** Each message waits 0 to this many turns of the event loop; order is kept. */
  readonly maxDelayTurns?: number;
  /** The message that holds this byte is lost, and the transport with it. */
  readonly cutAtByte?: number;
  /** This byte of all that is sent is changed. */
  readonly corruptByte?: number;
}

export class FaultyTransport implements Transport {
  private readonly inner: Transport;
  private readonly faults: Faults;
  private readonly random: () => number;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private isMoving = false;
  private passed = 0;
  private stalled = false;

  constructor(inner: Transport, faults: Faults) {
    this.inner = inner;
    this.faults = faults;
    this.random = seededRandom(faults.seed ?? 1);
  }

  /** While true nothing drains: `bufferedBytes` grows with each message. */
  set isStalled(stalled: boolean) {
    this.stalled = stalled;
    if (!stalled) this.move();
  }

  get headroomBytes(): number {
    return this.inner.headroomBytes;
  }

  listen(listener: TransportListener): void {
    this.inner.listen(listener);
  }

  send(message: Buffer): void {
    this.waiting.push(Buffer.from(message));
    this.waitingBytes += message.byteLength;
    this.move();
  }

  bufferedBytes(): number {
    return this.waitingBytes + this.inner.bufferedBytes();
  }

  newInterval(): void {
    this.inner.newInterval();
  }

  close(code: number, reason: string): void {
    for (const message of this.waiting.splice(0)) this.pass(message);
    this.inner.close(code, reason);
  }

  terminate(): void {
    this.waiting = [];
    this.waitingBytes = 0;
    this.inner.terminate();
  }

  private move(): void {
    if (this.isMoving || this.stalled || this.waiting.length === 0) return;
    this.isMoving = true;
    let turns = Math.floor(this.random() * ((this.faults.maxDelayTurns ?? 0) + 1));
    const step = (): void => {
      if (turns > 0) {
        turns -= 1;
        setImmediate(step);
        return;
      }
      this.isMoving = false;
      const message = this.stalled ? undefined : this.waiting.shift();
      if (message !== undefined) this.pass(message);
      this.move();
    };
    step();
  }

  private pass(message: Buffer): void {
    this.waitingBytes -= message.byteLength;
    const start = this.passed;
    this.passed += message.byteLength;
    const { cutAtByte, corruptByte } = this.faults;
    if (cutAtByte !== undefined && cutAtByte < this.passed) return this.terminate();
    if (corruptByte !== undefined && corruptByte >= start && corruptByte < this.passed) {
      const at = corruptByte - start;
      message[at] = (message[at] ?? 0) ^ (1 + Math.floor(this.random() * 255));
    }
    this.inner.send(message);
  }
}

/** Numbers in [0, 1) that a seed repeats (the minimal standard generator of Park and Miller). */
export function seededRandom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
