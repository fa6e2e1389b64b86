// An outbound HTTP proxy, as companies have them: CONNECT and nothing else, with credentials where a test wants them.
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { boundPort } from '../../observe/index.ts';

export interface ConnectProxy {
  /** With the credentials, where there are any. */
  readonly url: string;
  /** The targets that were asked for, refused ones too. */
  readonly targets: readonly string[];
  close(): Promise<void>;
}

export interface ConnectProxyOptions {
  /** `user:password`; without it everybody may. */
  readonly credentials?: string;
  /** What a good request is answered with, instead of a connection. */
  readonly refuseWith?: string;
  /** The address that is connected to whatever name is asked for: a name server for tests. */
  readonly everyNameIs?: string;
}

export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const { credentials } = options;
  const wanted =
    credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
  const sockets = new Set<Duplex>();
  const targets: string[] = [];
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    sockets.add(client);
    client.on('error', () => undefined);
    targets.push(request.url ?? '');
    if (options.refuseWith !== undefined) {
      client.end(options.refuseWith);
      return;
    }
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const target = connect(Number(port), options.everyNameIs ?? host);
    sockets.add(target);
    target.on('error', () => client.destroy());
    // An end is passed on by the pipes, behind what is still to be written; anything else is the end of both at once.
    target.on('close', () => {
      if (!target.readableEnded) client.destroy();
    });
    client.on('close', () => {
      if (!client.readableEnded) target.destroy();
    });
    target.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      client.pipe(target);
      target.pipe(client);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = boundPort(server);
  return {
    url: `http://${credentials === undefined ? '' : `${credentials}@`}127.0.0.1:${port}`,
    targets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
}
