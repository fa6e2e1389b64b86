// Requests through the gateway as an honest client makes them: HTTP/1.1, HTTP/2 and upgrades.
import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CLUSTER_SERVER_NAME } from './relay-world.ts';
import type { RelayWorld } from './relay-world.ts';

export interface CallOptions {
  readonly token: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly serverName?: string;
  /** Where the client comes from; 127.0.0.1 by default. */
  readonly localAddress?: string;
  readonly signal?: AbortSignal;
}

export interface CallAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Target = Pick<RelayWorld, 'port' | 'caPem'>;

/** The answer's head; its body is still to be read. */
export function open(world: Target, options: CallOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({
      host: '127.0.0.1',
      port: world.port,
      ca: world.caPem,
      servername: options.serverName ?? CLUSTER_SERVER_NAME,
      agent: false,
      method: options.method ?? 'GET',
      path: options.path ?? '/api/v1/pods',
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      headers: {
        authorization: `Bearer ${options.token}`,
        ...(options.body === undefined ? {} : { 'content-length': Buffer.byteLength(options.body) }),
        ...options.headers,
      },
    });
    request.once('error', reject);
    request.once('response', resolve);
    request.end(options.body);
  });
}

/** The whole answer. @throws when it breaks off */
export async function call(world: Target, options: CallOptions): Promise<CallAnswer> {
  const response = await open(world, options);
  const chunks: Buffer[] = [];
  for await (const chunk of response) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

/** The raw socket after a 101. @throws with the status of any other answer */
export function upgrade(
  world: Target,
  options: CallOptions,
): Promise<{ socket: Duplex; response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({
      host: '127.0.0.1',
      port: world.port,
      ca: world.caPem,
      servername: CLUSTER_SERVER_NAME,
      agent: false,
      method: options.method ?? 'GET',
      path: options.path ?? '/api/v1/namespaces/a/pods/b/exec?command=sh',
      headers: {
        authorization: `Bearer ${options.token}`,
        connection: 'Upgrade',
        upgrade: 'websocket',
        ...options.headers,
      },
    });
    request.once('error', reject);
    request.once('response', (response) => reject(new Error(`answered with ${response.statusCode}`)));
    request.once('upgrade', (response, socket) => {
      socket.on('error', () => undefined);
      resolve({ socket, response });
    });
    request.end();
  });
}

export function openHttp2(world: Target): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${world.port}`, {
    ca: world.caPem,
    servername: CLUSTER_SERVER_NAME,
  });
  // Each stream reports it.
  session.on('error', () => undefined);
  return session;
}

/** One request on an HTTP/2 connection, read to its end. */
export function callHttp2(session: ClientHttp2Session, options: CallOptions): Promise<CallAnswer> {
  return new Promise((resolve, reject) => {
    const stream: ClientHttp2Stream = session.request(
      {
        ':method': options.method ?? 'GET',
        ':path': options.path ?? '/api/v1/pods',
        authorization: `Bearer ${options.token}`,
        ...options.headers,
      },
      { endStream: options.body === undefined },
    );
    let status = 0;
    let headers: CallAnswer['headers'] = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => {
      status = received[':status'] ?? 0;
      const { ':status': _status, ...rest } = received;
      headers = rest;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('error', reject);
    stream.once('close', () => {
      if (stream.rstCode === 0) resolve({ status, headers, body: Buffer.concat(chunks).toString('utf8') });
      else reject(new Error(`reset with ${stream.rstCode}`));
    });
    if (options.body !== undefined) stream.end(options.body);
  });
}
