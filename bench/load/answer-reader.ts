// Reads HTTP/1.1 answers as a load client needs them: status, length, and nothing else. Any split of the bytes will do.
// Not a parser for strangers: what the bench's own servers never send, it refuses.

export interface AnswerSink {
  onAnswer(status: number, bodyBytes: number): void;
  /** A piece of the body, in memory that is used again after the call. */
  onBody(bytes: Buffer): void;
}

const MAX_HEAD_BYTES = 64 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');
// RFC 9112 §4: `HTTP/1.1 200 OK`.
const STATUS_AT = 9;
const LENGTH = /\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*(?:\r\n|$)/i;

export class AnswerReader {
  private readonly sink: AnswerSink;
  private partialHead: Buffer | undefined = undefined;
  private status = 0;
  private bodyBytes = 0;
  private missingBytes = 0;

  constructor(sink: AnswerSink) {
    this.sink = sink;
  }

  /** @throws Error for a head that is too long, that is not HTTP/1.1, or whose length is not announced */
  push(chunk: Buffer): void {
    let bytes = chunk;
    while (bytes.byteLength > 0) {
      if (this.missingBytes > 0) {
        bytes = this.takeBody(bytes);
        continue;
      }
      const { partialHead } = this;
      if (partialHead !== undefined) bytes = Buffer.concat([partialHead, bytes]);
      const end = bytes.indexOf(HEAD_END);
      if (end === -1 || end > MAX_HEAD_BYTES) {
        if (bytes.byteLength > MAX_HEAD_BYTES) throw new Error('the head of an answer is too long');
        // A copy: the chunk's memory is used again.
        this.partialHead = Buffer.from(bytes);
        return;
      }
      this.partialHead = undefined;
      this.readHead(bytes.toString('latin1', 0, end));
      bytes = bytes.subarray(end + HEAD_END.byteLength);
      if (this.missingBytes === 0) this.sink.onAnswer(this.status, 0);
    }
  }

  private readHead(head: string): void {
    const status = Number(head.slice(STATUS_AT, STATUS_AT + 3));
    if (!head.startsWith('HTTP/1.1 ') || !(status >= 200 && status < 600)) {
      throw new Error('the head of an answer is not one of HTTP/1.1');
    }
    const length = LENGTH.exec(head)?.[1];
    if (length === undefined) throw new Error(`an answer (status ${status}) does not say its length`);
    this.status = status;
    this.bodyBytes = this.missingBytes = Number(length);
  }

  /** @returns what follows the body */
  private takeBody(bytes: Buffer): Buffer {
    const taken = Math.min(bytes.byteLength, this.missingBytes);
    this.sink.onBody(taken === bytes.byteLength ? bytes : bytes.subarray(0, taken));
    this.missingBytes -= taken;
    if (this.missingBytes === 0) this.sink.onAnswer(this.status, this.bodyBytes);
    return bytes.subarray(taken);
  }
}
