// The gateways that are compared, each with an agent of its own and all before the same stand-in.
import { z } from 'zod';
import { startRoutes } from '../../routes/index.ts';
import type { RelayShape, RunningRoute, World } from '../../routes/index.ts';
import { relayOf } from '../../requests/index.ts';

/** So many that the kernel surely gives some to each of two processes: a request then finds one where it arrives. */
const SPREAD_TUNNELS = 8;

export interface Shape {
  /** In the names of figures. */
  readonly name: string;
  readonly title: string;
  readonly relay: RelayShape;
}

export const SHAPES: readonly Shape[] = [
  { name: '1', title: 'one process', relay: { gatewayProcesses: 1, tunnels: SPREAD_TUNNELS } },
  { name: '2', title: 'two processes', relay: { gatewayProcesses: 2, tunnels: SPREAD_TUNNELS } },
  {
    name: '2-one-tunnel',
    title: 'two processes, of which one holds the only tunnel',
    relay: { gatewayProcesses: 2, tunnels: 1 },
  },
];

export interface RunningShapes extends AsyncDisposable {
  /** The title of each says which it is. */
  readonly routes: readonly RunningRoute[];
}

export async function startShapes(world: World, shapes: readonly Shape[]): Promise<RunningShapes> {
  await using resources = new AsyncDisposableStack();
  const routes: RunningRoute[] = [];
  for (const { title, relay } of shapes) {
    const started = resources.use(await startRoutes(world, ['relay'], { relay }));
    routes.push(...started.running.map((route) => ({ ...route, info: { ...route.info, title } })));
  }
  const kept = resources.move();
  return { routes, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const requestsSchema = z.object({ all: z.number(), viaPeer: z.number() });
export type CountedRequests = z.infer<typeof requestsSchema>;

/** Requests that this gateway has carried, and those of them that went through a process without the tunnel. */
export async function requestsOf(route: RunningRoute): Promise<CountedRequests> {
  return (await relayOf(route)?.gateway.call('requests', null, requestsSchema)) ?? { all: 0, viaPeer: 0 };
}
