// Puts a server of the bench on a free port of this machine.
import type { Server } from 'node:net';

const HOST = '127.0.0.1';

/** @returns the port */
export function listenOnFreePort(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      if (address === null || typeof address === 'string')
        return reject(new TypeError('a TCP server has a port'));
      resolve(address.port);
    });
  });
}
