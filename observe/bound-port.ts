// Which port a listening server has: asked for as 0, it is known only now.
import type { Server } from 'node:net';

/** @throws TypeError for a server that does not listen, or listens on a path */
export function boundPort(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return address.port;
}
