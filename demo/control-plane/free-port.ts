// kube-apiserver and etcd cannot pick a port themselves and tell it, so one that is free right now is picked for them.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** `count` different ports that were free on 127.0.0.1 a moment ago; the caller tries again if one was taken since. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  // All are held at once, so that no port is given twice.
  const servers = Array.from({ length: count }, () => createServer());
  try {
    const ports: number[] = [];
    for (const server of servers) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
      ports.push(address.port);
    }
    return ports;
  } finally {
    for (const server of servers) server.close();
  }
}
