// No route at all: what the apiserver stand-in and the load alone cost.
import { portForEach } from './address.ts';
import { ROUTE_INFO } from './route.ts';
import type { RouteContext, StartedRoute } from './route-start.ts';

export function startDirect({ world }: RouteContext): Promise<StartedRoute> {
  return Promise.resolve({
    route: {
      info: ROUTE_INFO.direct,
      version: `Node ${process.version}`,
      processes: [],
      address: portForEach(world, world.apiserver.http1Port, world.apiserver.http2Port),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    watched: [],
  });
}
