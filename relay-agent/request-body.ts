// A request's body on its way to the apiserver: credit goes back to the gateway as the socket takes the bytes.
import { Readable } from 'node:stream';
import { detached } from '../tunnel/index.ts';
import type { TunnelStream } from '../tunnel/index.ts';

export class RequestBody extends Readable {
  private readonly stream: TunnelStream;
  private pushedBytes = 0;

  constructor(stream: TunnelStream) {
    // No second buffer: what waits here is what the stream's window allows.
    super({ highWaterMark: 0 });
    this.stream = stream;
  }

  /** A chunk arrived from the gateway. */
  accept(chunk: Buffer): void {
    this.pushedBytes += chunk.byteLength;
    // The socket takes many small chunks before it says stop.
    this.push(detached(chunk));
  }

  /** The gateway said that the body is whole. */
  finish(): void {
    this.push(null);
  }

  // Called when everything that was pushed has been taken.
  override _read(): void {
    const bytes = this.pushedBytes;
    if (bytes === 0) return;
    this.pushedBytes = 0;
    this.stream.consume(bytes);
  }
}
