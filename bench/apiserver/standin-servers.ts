// The apiserver stand-in that costs next to nothing: HTTP/1.1 on bare TLS sockets with one prebuilt answer, and node:http2
// for those who ask it directly in HTTP/2.
import { createSecureServer } from 'node:http2';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { listenOnFreePort } from '../listen.ts';
import { ANSWER_HEADERS, http1Answer } from './answer.ts';
import { headerPairs, RequestReader } from './request-reader.ts';
import type { Witness } from './witness.ts';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** @returns its port */
export function startHttp1Server(tls: TlsFiles, body: string, witness: Witness): Promise<number> {
  const answer = http1Answer(body);
  const server = createServer({ ...tls, ALPNProtocols: ['http/1.1'], noDelay: true }, (socket: TLSSocket) => {
    const reader = new RequestReader((head) => {
      if (witness.isNextLookedAt()) witness.look(headerPairs(head));
      socket.write(answer);
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch {
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
  });
  return listenOnFreePort(server);
}

/** @returns its port */
export function startHttp2Server(tls: TlsFiles, body: string, witness: Witness): Promise<number> {
  const headers = [':status', '200', ...ANSWER_HEADERS, 'content-length', String(Buffer.byteLength(body))];
  const bytes = Buffer.from(body);
  const server = createSecureServer(tls);
  server.on('session', (session: ServerHttp2Session) => session.on('error', () => undefined));
  server.on(
    'stream',
    (stream: ServerHttp2Stream, _headers: unknown, _flags: number, rawHeaders: string[]) => {
      if (witness.isNextLookedAt()) witness.look(rawHeaders);
      stream.on('error', () => undefined);
      stream.respond(headers);
      stream.end(bytes);
    },
  );
  return listenOnFreePort(server);
}
