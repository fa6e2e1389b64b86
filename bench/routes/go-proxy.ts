// Go's own reverse proxy as one hop, in a program of ours (bench/peers/fronts).
import { findFreePorts } from '../../demo/control-plane/index.ts';
import { goVersionOf } from '../peers/index.ts';
import { onePort } from './address.ts';
import { frontArguments } from './front-arguments.ts';
import { PeerProcesses } from './peer-processes.ts';
import { builtProgram } from './programs.ts';
import { ROUTE_INFO } from './route.ts';
import type { RouteContext, StartedRoute } from './route-start.ts';

export async function startGoProxy(context: RouteContext): Promise<StartedRoute> {
  const { world, search } = context;
  const proxy = await builtProgram('goProxy', search);
  const [port = 0] = await findFreePorts(1);
  await using processes = new PeerProcesses(context);
  await processes.startServer('go-proxy', proxy, frontArguments(world, port), port);
  return processes.asRoute(ROUTE_INFO['go-proxy'], await goVersionOf(proxy, search), onePort(world, port));
}
