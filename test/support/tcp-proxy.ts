// A TCP proxy that a test can cut: a network that fails between the agent and its gateway.
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { boundPort } from '../../observe/index.ts';

export interface TcpProxy {
  readonly port: number;
  /** Connections that were accepted so far. */
  readonly accepted: number;
  /** Destroys every connection; new ones are taken again. */
  cut(): void;
  /** Destroys the oldest connection. */
  cutOne(): void;
  /** Passes nothing on any more, and tells nobody: a link that has become a black hole. New connections too. */
  swallow(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const track = (socket: Socket, peer: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => peer.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      peer.destroy();
    });
  };
  let swallows = false;
  const server = createServer((client) => {
    accepted += 1;
    if (swallows) {
      sockets.add(client);
      client.on('error', () => undefined);
      return;
    }
    const target = connect(targetPort, '127.0.0.1');
    track(client, target);
    track(target, client);
    client.pipe(target);
    target.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: boundPort(server),
    get accepted() {
      return accepted;
    },
    cut,
    cutOne: () => {
      const [oldest] = sockets;
      oldest?.destroy();
    },
    swallow: () => {
      swallows = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
