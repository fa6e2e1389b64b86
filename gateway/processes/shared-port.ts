// One port for several processes: SO_REUSEPORT, where the kernel spreads new connections over all that listen.
import { createServer } from 'node:net';
import { boundPort } from '../../observe/index.ts';
import type { ListenAddress } from '../config.ts';

/** Whether this system can do it: Linux and FreeBSD can, macOS and Windows cannot. */
export async function canSharePort(): Promise<boolean> {
  try {
    await tryToListen({ host: '127.0.0.1', port: 0 }, true);
    return true;
  } catch {
    return false;
  }
}

/**
 * The port to share. It must be nobody's now: two gateways that were started by mistake would else share it in silence.
 * Port 0 becomes a free one.
 * @throws the system's own error, such as EADDRINUSE
 */
export function findSharedPort(address: ListenAddress): Promise<number> {
  return tryToListen(address, false);
}

function tryToListen(address: ListenAddress, reusePort: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ ...address, reusePort }, () => {
      const port = boundPort(server);
      server.close(() => resolve(port));
    });
  });
}
