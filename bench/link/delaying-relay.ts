// A long way between two processes of this machine: a TCP relay that passes every byte on after half a round trip. It takes
// nothing from the bandwidth: what limits a transfer on it is what the two ends have in flight.
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { listenOnFreePort } from '../listen.ts';
import { DelayedDirection } from './delayed-direction.ts';

export interface DelayingRelay {
  readonly port: number;
  /** Destroys every connection. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** More than any tunnel opens at once; the next ones are refused. */
const MAX_CONNECTIONS = 4096;

/** @param roundTripMs 0 or more; also what a new connection waits for, as TCP's own handshake does */
export async function startDelayingRelay(targetPort: number, roundTripMs: number): Promise<DelayingRelay> {
  const sockets = new Set<Socket>();
  const closing = new AbortController();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (near) => {
    track(near);
    // Until it has its direction: what comes is only that it is gone.
    near.on('error', () => undefined);
    void (async () => {
      await delay(roundTripMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted || near.destroyed) return;
      const far = connect({ port: targetPort, host: HOST, allowHalfOpen: true, noDelay: true });
      track(far);
      new DelayedDirection(near, far, roundTripMs / 2).start();
      new DelayedDirection(far, near, roundTripMs / 2).start();
    })();
  });
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listenOnFreePort(server);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
