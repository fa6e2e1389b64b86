// A stand-in for the kube-apiserver that writes down every byte it gets, and answers as a test tells it.
import type { TLSSocket } from 'node:tls';
import { createServer as createHttpsServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { testAuthority, testIdentity } from './test-authority.ts';

export interface RecordingUpstream {
  readonly url: string;
  readonly caPem: string;
  /** Everything that all connections have sent so far. */
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

export interface RecordingUpstreamOptions {
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
  const server = createHttpsServer({ cert: identity.certificatePem, key: identity.privateKeyPem });
  server.on('secureConnection', (socket: TLSSocket) => {
    connections += 1;
    // Beside the parser: what it makes of the bytes is not what is compared.
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const recorded = record(request);
    const body: Buffer[] = [];
    request.on('data', (chunk: Buffer) => body.push(chunk));
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
        server.closeAllConnections();
      }),
  };
}
