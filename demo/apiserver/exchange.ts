// One request and its answer, whichever HTTP version carries them: the only file that touches Node's four classes.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { encodeObject } from './json.ts';
import type { JsonObject } from './json.ts';
import { MAX_AUDIT_ID_LENGTH, MAX_BODY_BYTES, MAX_BODY_OVERRUN } from './limits.ts';
import { StatusError, badRequest } from './status-error.ts';

export type AnswerHeaders = Readonly<Record<string, string>>;

export interface Exchange {
  readonly method: string;
  readonly target: string;
  /** Flat name/value list, every line as it came. */
  readonly rawHeaders: readonly string[];
  header(name: string): string | undefined;
  /** @throws StatusError 413 over MAX_BODY_BYTES */
  readBody(): Promise<Buffer>;
  /** A whole answer. */
  send(status: number, contentType: string, body: string | Buffer, headers?: AnswerHeaders): void;
  /** The head of an answer that `write` goes on with. */
  startStream(contentType: string): void;
  write(chunk: string): void;
  /** Bytes handed to `write` that the client has not taken. */
  waitingBytes(): number;
  end(): void;
  /** Breaks the answer off, so that nobody takes it for a whole one. */
  abort(): void;
  /** Runs once when the client is gone or the answer is over. */
  onClose(listener: () => void): void;
  readonly headSent: boolean;
}

export function createExchange(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
): Exchange {
  const http2 = 'stream' in response;
  const fixed = answerHeaders(request.headers['audit-id']);
  const stream = http2 ? response.stream : undefined;
  const state = { headSent: false };

  // The two classes agree on these calls, but TypeScript cannot call through their union of overloads.
  const writeHead = (status: number, headers: AnswerHeaders): void => {
    state.headSent = true;
    if ('stream' in response) response.writeHead(status, { ...fixed, ...headers });
    else response.writeHead(status, { ...fixed, ...headers });
  };
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    rawHeaders: request.rawHeaders,
    header(name) {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    readBody: () => readBody(request),
    send(status, contentType, body, headers = {}) {
      if (response.destroyed) return;
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      writeHead(status, {
        'content-type': contentType,
        'content-length': String(bytes.byteLength),
        ...headers,
      });
      if (request.method === 'HEAD') response.end();
      else if ('stream' in response) response.end(bytes);
      else response.end(bytes);
    },
    startStream(contentType) {
      writeHead(200, { 'content-type': contentType });
      // HTTP/2 sends its head at once.
      if (!('stream' in response)) response.flushHeaders();
    },
    write(chunk) {
      if (response.destroyed || response.writableEnded) return;
      if ('stream' in response) response.write(chunk);
      else response.write(chunk);
    },
    waitingBytes: () => (stream === undefined ? response.writableLength : stream.writableLength),
    end() {
      if (!response.writableEnded) response.end();
    },
    abort() {
      if (stream === undefined) response.destroy();
      else stream.close(8); // RFC 9113 §7: CANCEL
    },
    onClose(listener) {
      response.once('close', listener);
    },
    get headSent() {
      return state.headSent;
    },
  };
}

/** The headers of every answer; an Audit-Id of the client's is kept, as kube-apiserver keeps it. */
export function answerHeaders(wantedAuditId: string | readonly string[] | undefined): AnswerHeaders {
  const usable = typeof wantedAuditId === 'string' && /^[\w.-]+$/.test(wantedAuditId);
  const auditId = usable && wantedAuditId.length <= MAX_AUDIT_ID_LENGTH ? wantedAuditId : randomUUID();
  return { 'audit-id': auditId, 'cache-control': 'no-cache, private', 'x-cluster-connect-standin': 'true' };
}

/** By events, not by iteration: leaving a loop early would cut the line before the refusal is told. */
function readBody(request: IncomingMessage | Http2ServerRequest): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = new StatusError(
      'RequestEntityTooLarge',
      `Request entity too large: limit is ${MAX_BODY_BYTES}`,
    );
    const chunks: Buffer[] = [];
    let size = 0;
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) reject(tooLarge);
    const take = (chunk: Buffer): void => {
      size += chunk.byteLength;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else reject(tooLarge);
      // What comes after a refusal is read and forgotten, but not without end.
      if (size > MAX_BODY_BYTES * MAX_BODY_OVERRUN) request.destroy();
    };
    if ('stream' in request) request.on('data', take);
    else request.on('data', take);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('close', () => reject(badRequest('the body broke off')));
  });
}

export function sendObject(
  exchange: Exchange,
  status: number,
  object: JsonObject,
  headers?: AnswerHeaders,
): void {
  exchange.send(status, 'application/json', encodeObject(object), headers);
}

/** Answers a refusal; after the head is out, breaking off is the only honest answer. */
export function sendError(exchange: Exchange, error: unknown): void {
  if (exchange.headSent) {
    exchange.abort();
    return;
  }
  const refusal = asStatusError(error);
  const headers = refusal.httpStatus === 429 ? { 'retry-after': '1' } : {};
  sendObject(exchange, refusal.httpStatus, refusal.body(), headers);
}

export function asStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  return new StatusError('InternalError', 'Internal error occurred: the stand-in failed on this request');
}
