// exec and attach over SPDY/3.1, as older kubectls speak it. Where such a session only breaks off, kubectl says nothing
// and exits with 0; so the Status that its error stream waits for is put there. Data frames are not compressed.
import { statusBody } from './status-body.ts';
import type { StatusOptions } from './status-body.ts';

const HEADER_BYTES = 8;
const SYN_REPLY = 2;
const FLAG_FIN = 1;
const NOTHING = Buffer.alloc(0);

/** client-go opens the error stream first, and a client's ids are odd (tools/remotecommand v1.go to v5.go). */
const ERROR_STREAM = 1;

/** Frames are 8 bytes of header, the last three of them a length, and so many bytes more. */
export class SpdySession {
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private headerAt = 0;
  private payloadLeft = 0;
  // The first four bytes of a control frame's payload name its stream.
  private streamIdBytesLeft = 0;
  private streamId = 0;
  private isOpen = false;
  private hasResult = false;

  follow(chunk: Buffer): void {
    const end = chunk.byteLength;
    for (let at = 0; at < end;) {
      if (this.headerAt < HEADER_BYTES) {
        this.header[this.headerAt] = chunk[at] ?? 0;
        this.headerAt += 1;
        at += 1;
        if (this.headerAt === HEADER_BYTES) this.startPayload();
      } else if (this.streamIdBytesLeft > 0) {
        this.readStreamId(chunk[at] ?? 0);
        at += 1;
      } else {
        const passed = Math.min(this.payloadLeft, end - at);
        this.payloadLeft -= passed;
        at += passed;
      }
      if (this.headerAt === HEADER_BYTES && this.payloadLeft === 0) this.headerAt = 0;
    }
  }

  get isCutShort(): boolean {
    return this.isOpen && !this.hasResult;
  }

  farewell(why: StatusOptions): Buffer {
    if (!this.isCutShort || this.headerAt !== 0) return NOTHING;
    const body = statusBody(why);
    const frame = Buffer.alloc(HEADER_BYTES + body.byteLength);
    frame.writeUInt32BE(ERROR_STREAM, 0);
    frame.writeUInt32BE(body.byteLength, 4);
    frame[4] = FLAG_FIN;
    body.copy(frame, HEADER_BYTES);
    return frame;
  }

  private startPayload(): void {
    const word = this.header.readUInt32BE(0);
    this.payloadLeft = this.header.readUIntBE(5, 3);
    const isControl = word >= 0x8000_0000;
    if (!isControl && word === ERROR_STREAM) this.hasResult = true;
    this.streamIdBytesLeft = isControl && (word & 0xffff) === SYN_REPLY ? Math.min(4, this.payloadLeft) : 0;
    this.streamId = 0;
  }

  private readStreamId(byte: number): void {
    this.streamId = this.streamId * 256 + byte;
    this.payloadLeft -= 1;
    this.streamIdBytesLeft -= 1;
    if (this.streamIdBytesLeft === 0 && this.streamId === ERROR_STREAM) this.isOpen = true;
  }
}
