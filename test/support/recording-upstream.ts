// A stand-in for the kube-apiserver that writes down every byte it gets, and answers as a test tells it.
import type { TLSSocket } from 'node:tls';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { testAuthority, testIdentity } from './test-authority.ts';

export interface RecordingUpstream {
  readonly url: string;
  readonly caPem: string;
  /** Everything that all connections have sent so far. Of HTTP/2: heads as they were decoded, and bodies. */
  received(): string;
  /** How many connections were accepted. */
  readonly connections: number;
  /** Heads of requests, as parsed by Node. */
  readonly requests: readonly RecordedRequest[];
  close(): Promise<void>;
}

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  body: string;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export const APISERVER_PROTOCOLS = ['HTTP/1.1', 'HTTP/2'] as const;
export type ApiserverProtocol = (typeof APISERVER_PROTOCOLS)[number];

export interface RecordingUpstreamOptions {
  /** What it speaks for ordinary requests; upgrades are HTTP/1.1 either way. HTTP/1.1 by default. */
  readonly apiserver?: ApiserverProtocol;
  /** `200 ok` by default. */
  readonly answer?: Answer;
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export async function startRecordingUpstream(
  options: RecordingUpstreamOptions = {},
): Promise<RecordingUpstream> {
  const identity = testIdentity();
  const chunks: Buffer[] = [];
  const requests: RecordedRequest[] = [];
  let connections = 0;
  const sockets = new Set<TLSSocket>();
  const tls = { cert: identity.certificatePem, key: identity.privateKeyPem };
  const server =
    options.apiserver === 'HTTP/2'
      ? createSecureServer({ ...tls, allowHTTP1: true })
      : createHttpsServer(tls);
  server.on('secureConnection', (socket: TLSSocket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Beside the parser: what it makes of the bytes is not what is compared.
    if (socket.alpnProtocol !== 'h2') socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const recorded = record(request);
    const body: Buffer[] = [];
    const isHttp2 = request.httpVersionMajor === 2;
    if (isHttp2) chunks.push(Buffer.from(`${request.rawHeaders.join('\r\n')}\r\n\r\n`, 'latin1'));
    request.on('data', (chunk: Buffer) => {
      body.push(chunk);
      if (isHttp2) chunks.push(chunk);
    });
    request.on('error', () => undefined);
    request.on('end', () => {
      recorded.body = Buffer.concat(body).toString('latin1');
      if (options.answer !== undefined) return options.answer(request, response, recorded.body);
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '2' });
      response.end('ok');
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    record(request);
    socket.on('error', () => undefined);
    if (options.onUpgrade === undefined) socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
    else options.onUpgrade(request, socket, head);
  });
  function record(request: IncomingMessage): RecordedRequest {
    const recorded = {
      method: request.method ?? '',
      url: request.url ?? '',
      rawHeaders: request.rawHeaders,
      body: '',
    };
    requests.push(recorded);
    return recorded;
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return {
    url: `https://127.0.0.1:${address.port}`,
    caPem: testAuthority().certificatePem,
    received: () => Buffer.concat(chunks).toString('latin1'),
    get connections() {
      return connections;
    },
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
