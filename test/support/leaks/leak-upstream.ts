// An apiserver for rounds that are cut: it streams for ever, floods, hesitates, switches protocols and breaks off.
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { boundPort } from '../../../observe/index.ts';
import { testAuthority, testIdentity } from '../test-authority.ts';
import type { LeakPaths } from './rounds.ts';

export interface LeakUpstream {
  readonly url: string;
  readonly caPem: string;
  /** Requests and switched connections that are still there. */
  readonly openExchanges: number;
  close(): Promise<void>;
}

export const LEAK_PATHS: LeakPaths = {
  get: '/api/v1/pods',
  watch: '/api/v1/pods?watch=true',
  logs: '/api/v1/namespaces/a/pods/b/log?follow=true',
  exec: '/api/v1/namespaces/a/pods/b/exec?command=sh',
  silentExec: '/api/v1/namespaces/a/pods/b/exec?command=silent',
  refusedExec: '/api/v1/namespaces/a/pods/b/exec?command=refused',
  refusedStatus: 403,
  portForward: '/api/v1/namespaces/a/pods/b/portforward',
  upload: '/api/v1/configmaps',
  broken: '/api/v1/nodes',
};

const EVENT = `${JSON.stringify({ type: 'ADDED', object: { kind: 'Pod', metadata: { name: 'a' } } })}\n`;
const LOG_CHUNK = Buffer.alloc(16 * 1024, 'a line of a log that nobody reads to its end\n');
/** Below the 60 s for which the agent keeps an idle connection: it is back to none soon after the rounds. */
const KEEP_ALIVE_MS = 2000;
const REFUSED =
  'HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno';

export async function startLeakUpstream(): Promise<LeakUpstream> {
  const { certificatePem: cert, privateKeyPem: key } = testIdentity();
  let open = 0;
  const track = (closing: ServerResponse | Duplex): void => {
    open += 1;
    closing.once('close', () => {
      open -= 1;
    });
  };
  const server = createServer({ cert, key, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    track(response);
    answer(request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    track(socket);
    socket.on('error', () => undefined);
    socket.resume();
    switchProtocols(request, socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${boundPort(server)}`,
    caPem: testAuthority().certificatePem,
    get openExchanges() {
      return open;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.on('error', () => undefined);
  request.resume();
  switch (request.url) {
    case LEAK_PATHS.watch:
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(EVENT);
      break;
    case LEAK_PATHS.logs: {
      const flood = (): void => {
        while (!response.destroyed && response.write(LOG_CHUNK));
      };
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.on('drain', flood);
      flood();
      break;
    }
    case LEAK_PATHS.broken:
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' });
      response.write('{"items":[', () => response.destroy());
      break;
    default:
      request.once('end', () => response.end('{}'));
  }
}

function switchProtocols(request: IncomingMessage, socket: Duplex): void {
  if (request.url === LEAK_PATHS.silentExec) return;
  if (request.url === LEAK_PATHS.refusedExec) {
    socket.end(REFUSED);
    return;
  }
  // The start of a frame whose rest never comes.
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
  );
  socket.write(Buffer.from([0x82, 0x7e, 0x10, 0x00, 0x01, 0x61]));
  socket.on('data', (chunk: Buffer) => socket.write(chunk));
  socket.once('end', () => socket.end());
}
