// A header block on its way in: HEADERS, and CONTINUATIONs with nothing in between (RFC 9113 §4.3, §6.10).
import { FLAG } from './frame.ts';
import { Http2Error } from './http2-error.ts';

const PRIORITY_BYTES = 5;

export class HeaderBlock {
  streamId = 0;
  endStream = false;
  isOpen = false;
  private parts: Buffer[] = [];
  private bytes = 0;
  private readonly maxBytes: number;

  /** @param maxBytes of the block as it comes, before it is decoded */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** A HEADERS frame. @returns whether the block is whole. @throws Http2Error */
  begin(flags: number, streamId: number, payload: Buffer): boolean {
    let from = 0;
    let to = payload.byteLength;
    if ((flags & FLAG.PADDED) !== 0) {
      to -= payload[0] ?? 0;
      from = 1;
    }
    if ((flags & FLAG.PRIORITY) !== 0) from += PRIORITY_BYTES;
    if (from > to) throw new Http2Error('PROTOCOL_ERROR', 'padding that is too long');
    this.streamId = streamId;
    this.endStream = (flags & FLAG.END_STREAM) !== 0;
    this.parts = [];
    this.bytes = 0;
    return this.append(flags, payload.subarray(from, to));
  }

  /** A CONTINUATION frame. @returns whether the block is whole. @throws Http2Error */
  add(flags: number, streamId: number, payload: Buffer): boolean {
    if (!this.isOpen || streamId !== this.streamId) {
      throw new Http2Error('PROTOCOL_ERROR', 'a continuation of nothing');
    }
    return this.append(flags, payload);
  }

  /** The whole block; once. */
  take(): Buffer {
    const [first] = this.parts;
    const whole = this.parts.length === 1 && first !== undefined ? first : Buffer.concat(this.parts);
    this.parts = [];
    return whole;
  }

  private append(flags: number, part: Buffer): boolean {
    this.isOpen = (flags & FLAG.END_HEADERS) === 0;
    this.bytes += part.byteLength;
    if (this.bytes > this.maxBytes || (this.isOpen && part.byteLength === 0)) {
      throw new Http2Error('ENHANCE_YOUR_CALM', 'a header block that is too large');
    }
    // A block in pieces outlives the memory that its frames were read into.
    this.parts.push(this.isOpen || this.parts.length > 0 ? Buffer.from(part) : part);
    return !this.isOpen;
  }
}
