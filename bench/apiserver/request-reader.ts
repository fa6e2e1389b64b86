// Finds where one request ends and the next begins, in any split of the bytes: a GET without a body, or a POST that says its
// length. That is all that the stand-in has to know; what it does not expect, it refuses.

export interface RequestSink {
  /** @param head without the empty line that ends it */
  onGet(head: Buffer): void;
  onPost(head: Buffer): void;
  /** A piece of the body of a POST. */
  onBody(bytes: Buffer): void;
  onBodyEnd(): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
/** The agent's largest head is 60 KiB. */
const MAX_HEAD_BYTES = 64 * 1024;
const GET = Buffer.from('GET ');
const POST = Buffer.from('POST ');
const LENGTH = /\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*(?:\r\n|$)/i;

export class RequestReader {
  private readonly sink: RequestSink;
  private partial: Buffer | undefined = undefined;
  private missingBytes = 0;

  constructor(sink: RequestSink) {
    this.sink = sink;
  }

  /** @throws Error for another method, a POST that does not say its length, and a head that is too long */
  push(chunk: Buffer): void {
    let bytes = this.partial === undefined ? chunk : Buffer.concat([this.partial, chunk]);
    this.partial = undefined;
    while (bytes.byteLength > 0) {
      if (this.missingBytes > 0) {
        bytes = this.takeBody(bytes);
        continue;
      }
      const end = bytes.indexOf(HEAD_END);
      if (end > MAX_HEAD_BYTES || (end === -1 && bytes.byteLength > MAX_HEAD_BYTES)) {
        throw new Error('the head of a request is too long');
      }
      if (end === -1) {
        this.partial = bytes;
        return;
      }
      this.takeHead(bytes.subarray(0, end));
      bytes = bytes.subarray(end + HEAD_END.byteLength);
    }
  }

  private takeHead(head: Buffer): void {
    if (startsWith(head, GET)) return this.sink.onGet(head);
    const length = startsWith(head, POST) ? LENGTH.exec(head.toString('latin1'))?.[1] : undefined;
    if (length === undefined || Number(length) === 0) {
      throw new Error('the stand-in answers GET, and POST with a length');
    }
    this.missingBytes = Number(length);
    this.sink.onPost(head);
  }

  /** @returns what follows the body */
  private takeBody(bytes: Buffer): Buffer {
    const taken = Math.min(bytes.byteLength, this.missingBytes);
    this.sink.onBody(taken === bytes.byteLength ? bytes : bytes.subarray(0, taken));
    this.missingBytes -= taken;
    if (this.missingBytes === 0) this.sink.onBodyEnd();
    return bytes.subarray(taken);
  }
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return (
    bytes.byteLength >= start.byteLength &&
    bytes.compare(start, 0, start.byteLength, 0, start.byteLength) === 0
  );
}

/** Name and value in turn. */
export function headerPairs(head: Buffer): string[] {
  const [, ...lines] = head.toString('latin1').split('\r\n');
  return lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}
