// One PING answers two questions: whether the apiserver still lives, and whether it has heard which requests were given up.
import { HTTP2_LIMITS } from './limits.ts';

export class Pings {
  private readonly send: () => void;
  private lastReceivedMs = performance.now();
  private sentMs = Infinity;
  // Requests that were given up: the apiserver may still be at work on them, so each keeps its place until a PING that
  // was sent after its RST_STREAM has come back (the other side of CVE-2023-44487).
  private resetsBefore = 0;
  private resetsAfter = 0;

  /** @param send writes a PING */
  constructor(send: () => void) {
    this.send = send;
  }

  /** Of requests that were given up and that the apiserver may not know of yet. */
  get heldPlaces(): number {
    return this.resetsBefore + this.resetsAfter;
  }

  received(nowMs: number): void {
    this.lastReceivedMs = nowMs;
  }

  /** A RST_STREAM has been written. */
  resetSent(): void {
    this.resetsAfter += 1;
    this.ask();
  }

  acknowledged(): void {
    this.sentMs = Infinity;
    this.resetsBefore = 0;
    if (this.resetsAfter > 0) this.ask();
  }

  /** @returns whether the apiserver has not answered in time */
  isOverdue(nowMs: number): boolean {
    return nowMs - this.sentMs > HTTP2_LIMITS.PING_TIMEOUT_MS;
  }

  /** A connection with requests on it: after long silence it is asked. */
  watch(nowMs: number): void {
    if (nowMs - this.lastReceivedMs > HTTP2_LIMITS.PING_AFTER_MS) this.ask();
  }

  // One at a time: a second one would put the first one's time off, and an apiserver counts them.
  private ask(): void {
    if (this.sentMs !== Infinity) return;
    this.sentMs = performance.now();
    this.resetsBefore = this.resetsAfter;
    this.resetsAfter = 0;
    this.send();
  }
}
