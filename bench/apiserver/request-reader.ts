// Finds where one request without a body ends and the next begins, in any split of the bytes. That is all that the
// stand-in has to know; what it does not expect, it refuses.

const HEAD_END = Buffer.from('\r\n\r\n');
/** The agent's largest head is 60 KiB. */
const MAX_HEAD_BYTES = 64 * 1024;
const GET = Buffer.from('GET ');

export class RequestReader {
  private readonly onRequest: (head: Buffer) => void;
  private partial: Buffer | undefined = undefined;

  /** @param onRequest gets a request's head, without the empty line that ends it */
  constructor(onRequest: (head: Buffer) => void) {
    this.onRequest = onRequest;
  }

  /** @throws Error for another method than GET, and for a head that is too long */
  push(chunk: Buffer): void {
    let bytes = this.partial === undefined ? chunk : Buffer.concat([this.partial, chunk]);
    this.partial = undefined;
    while (bytes.byteLength > 0) {
      const end = bytes.indexOf(HEAD_END);
      if (end > MAX_HEAD_BYTES || (end === -1 && bytes.byteLength > MAX_HEAD_BYTES)) {
        throw new Error('the head of a request is too long');
      }
      if (end === -1) {
        this.partial = bytes;
        return;
      }
      if (bytes.compare(GET, 0, GET.byteLength, 0, GET.byteLength) !== 0) {
        throw new Error('the stand-in answers GET only');
      }
      this.onRequest(bytes.subarray(0, end));
      bytes = bytes.subarray(end + HEAD_END.byteLength);
    }
  }
}

/** Name and value in turn. */
export function headerPairs(head: Buffer): string[] {
  const [, ...lines] = head.toString('latin1').split('\r\n');
  return lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}
