// A tunnel endpoint on loopback TCP, and the two ends of a real WebSocket through it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTunnelAcceptor, dialTunnel } from '../../tunnel/index.ts';
import type { Transport, TunnelLimits } from '../../tunnel/index.ts';

export interface TunnelEndpoint {
  readonly port: number;
  readonly url: string;
  /** The transports that were accepted, in order; waits for the next one. */
  readonly accepted: () => Promise<Transport>;
  readonly close: () => Promise<void>;
}

export async function tunnelEndpoint(limits?: TunnelLimits): Promise<TunnelEndpoint> {
  const acceptor = createTunnelAcceptor(limits);
  const server = createServer();
  const transports: Transport[] = [];
  const waiting: ((transport: Transport) => void)[] = [];
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  server.on('upgrade', (request, socket, head) => {
    acceptor.accept(request, socket, head, (transport) => {
      const next = waiting.shift();
      if (next === undefined) transports.push(transport);
      else next(transport);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = addressOf(server.address());
  return {
    port,
    url: `ws://127.0.0.1:${port}/tunnel`,
    accepted: () =>
      new Promise((resolve) => {
        const ready = transports.shift();
        if (ready === undefined) waiting.push(resolve);
        else resolve(ready);
      }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function dial(url: string, limits?: TunnelLimits): Promise<Transport> {
  const answer = await dialTunnel({
    url,
    headers: {},
    handshakeTimeoutMs: 5000,
    signal: new AbortController().signal,
    ...(limits === undefined ? {} : { limits }),
  });
  if ('status' in answer) throw new Error(`refused with ${answer.status}`);
  return answer;
}

/** Both ends of a WebSocket, not yet listened to. */
export async function websocketPair(
  limits?: TunnelLimits,
): Promise<{ gateway: Transport; agent: Transport; close: () => Promise<void> }> {
  const endpoint = await tunnelEndpoint(limits);
  const [gateway, agent] = await Promise.all([endpoint.accepted(), dial(endpoint.url, limits)]);
  return { gateway, agent, close: endpoint.close };
}

export function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address;
}
