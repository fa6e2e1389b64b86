// http-proxy as one hop, in a process of its own: what a Node.js team would pick. It knows HTTP/1.1 only.
import { createRequire } from 'node:module';
import { z } from 'zod';
import { startChild } from '../processes/index.ts';
import { localAddress } from './address.ts';
import { ROUTE_INFO } from './route.ts';
import type { RouteContext, StartedRoute } from './route-start.ts';

const packageSchema = z.object({ version: z.string() });

export async function startHttpProxy({ world }: RouteContext): Promise<StartedRoute> {
  const { cert, key, caFile } = world.tls;
  await using resources = new AsyncDisposableStack();
  const child = startChild('http-proxy', 'http-proxy', { env: { NODE_EXTRA_CA_CERTS: caFile } });
  resources.defer(() => child.stop());
  const { port } = await child.call(
    'start',
    { cert, key, targetPort: world.apiserver.http1Port },
    z.object({ port: z.int() }),
  );
  const { version } = packageSchema.parse(createRequire(import.meta.url)('http-proxy/package.json'));
  const kept = resources.move();
  return {
    route: {
      info: ROUTE_INFO['http-proxy'],
      version: `http-proxy ${version}, Node ${process.version}`,
      processes: [{ name: 'http-proxy', pid: child.pid }],
      address: (protocol) => (protocol === 'http1' ? localAddress(world, port) : undefined),
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    },
    watched: [],
  };
}
