// What the stand-in answers over HTTP/2: the same as over HTTP/1.1.
import { ANSWER_HEADERS } from './answer.ts';
import type { Http2Request } from './http2-connection.ts';
import type { Intake } from './intake.ts';
import { BULK_PATH, LIST_PATH, SMALL_PATH } from './paths.ts';
import { patternAt } from './pattern.ts';
import type { Stock } from './http1-connection.ts';
import type { Witness } from './witness.ts';

/** Written at once. */
const PIECE_BYTES = 256 * 1024;
const DOWNLOAD = new RegExp(`^${BULK_PATH}\\?bytes=(\\d{1,12})$`);

/** @returns what answers one request; it throws for what there is not */
export function createHttp2Answers(
  stock: Stock,
  witness: Witness,
  intake: Intake,
): (request: Http2Request) => void {
  const small = Buffer.from(stock.small);
  const list = Buffer.from(stock.list);

  function whole(request: Http2Request, body: Buffer): void {
    request.respond(headOf(body.byteLength));
    request.write(body);
    request.end();
  }

  function download(request: Http2Request, bytes: number): void {
    let position = 0;
    const next = (): void => {
      if (position >= bytes) return;
      const piece = patternAt(stock.pattern, position, Math.min(PIECE_BYTES, bytes - position));
      position += piece.byteLength;
      request.write(piece, next);
      if (position >= bytes) request.end();
    };
    request.respond(headOf(bytes));
    // Two pieces wait: one goes out while the next is asked for.
    next();
    next();
  }

  function upload(request: Http2Request): void {
    const arriving = intake.open(stock.pattern);
    request.onBody = (bytes) => arriving.take(bytes);
    request.onBodyEnd = () => {
      arriving.end();
      const { bytes, wrongAt } = arriving;
      whole(request, Buffer.from(JSON.stringify({ bytes, right: wrongAt === undefined })));
    };
  }

  return (request) => {
    if (witness.isNextLookedAt()) witness.look(request.headers);
    const { method, path } = request;
    if (method === 'POST' && path === BULK_PATH) return upload(request);
    if (path === SMALL_PATH) return whole(request, small);
    if (path === LIST_PATH) return whole(request, list);
    const bytes = DOWNLOAD.exec(path)?.[1];
    if (bytes === undefined) throw new RangeError('no such path');
    download(request, Number(bytes));
  };
}

function headOf(bodyBytes: number): readonly string[] {
  return [':status', '200', ...ANSWER_HEADERS, 'content-length', String(bodyBytes)];
}
