// One direction of a delayed connection: what comes in goes out in order, each piece when its time has come.
import type { Duplex } from 'node:stream';

interface Piece {
  readonly dueAt: number;
  /** `end` is a half close, `reset` is a connection that broke. */
  readonly what: Buffer | 'end' | 'reset';
}

/** On the way: 200 ms at more than 1 GB/s. Then the sender is not read any more. */
export const MAX_LINK_BYTES = 256 * 1024 * 1024;
/** Arrived, but not taken by the receiver: about the largest receive window that Linux gives by default. */
export const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

/** A socket, as far as it matters here. */
export interface LinkTarget extends Duplex {
  resetAndDestroy(): unknown;
}

export class DelayedDirection {
  private readonly source: Duplex;
  private readonly target: LinkTarget;
  private readonly delayMs: number;
  /** Taken from `next` on; what lies before it has gone. */
  private pieces: Piece[] = [];
  private next = 0;
  private linkBytes = 0;
  private timer: NodeJS.Timeout | undefined = undefined;

  constructor(source: Duplex, target: LinkTarget, delayMs: number) {
    this.source = source;
    this.target = target;
    this.delayMs = delayMs;
  }

  start(): void {
    const { source, target } = this;
    source.on('data', (chunk: Buffer) => {
      // It may end before its source does.
      if (target.destroyed) return;
      this.linkBytes += chunk.byteLength;
      this.push(chunk);
      this.adjustReading();
    });
    source.once('end', () => this.push('end'));
    source.on('error', () => this.push('reset'));
    target.on('drain', () => this.adjustReading());
    target.once('close', () => this.forget());
    source.resume();
  }

  private push(what: Piece['what']): void {
    this.pieces.push({ dueAt: performance.now() + this.delayMs, what });
    if (this.timer === undefined) this.schedule(this.delayMs);
  }

  private schedule(waitMs: number): void {
    // Whole milliseconds upwards: never early.
    this.timer = setTimeout(() => this.deliver(), Math.ceil(waitMs));
  }

  private deliver(): void {
    const now = performance.now();
    this.timer = undefined;
    this.target.cork();
    let piece = this.pieces[this.next];
    for (; piece !== undefined && piece.dueAt <= now; piece = this.pieces[++this.next])
      this.handOver(piece.what);
    this.target.uncork();
    if (piece === undefined) {
      this.pieces = [];
      this.next = 0;
    } else {
      if (this.next * 2 > this.pieces.length) {
        this.pieces = this.pieces.slice(this.next);
        this.next = 0;
      }
      this.schedule(piece.dueAt - now);
    }
    this.adjustReading();
  }

  private handOver(what: Piece['what']): void {
    if (what === 'end') this.target.end();
    else if (what === 'reset') this.target.resetAndDestroy();
    else {
      this.linkBytes -= what.byteLength;
      if (this.target.writable) this.target.write(what);
    }
  }

  private adjustReading(): void {
    const isFull = this.linkBytes >= MAX_LINK_BYTES || this.target.writableLength >= MAX_UNREAD_BYTES;
    if (isFull) this.source.pause();
    else if (this.source.isPaused()) this.source.resume();
  }

  private forget(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.pieces = [];
    this.next = 0;
    this.linkBytes = 0;
    // Nobody takes it any more; read on, so that its end is seen.
    this.source.resume();
  }
}
