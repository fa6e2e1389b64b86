// Rancher's remotedialer: TCP connections inside one WebSocket with TLS, behind a reverse proxy of ours that dials
// through it, as Rancher's own does.
import { findFreePorts } from '../../demo/control-plane/index.ts';
import { LOOPBACK, onePort } from './address.ts';
import { frontArguments } from './front-arguments.ts';
import { PeerProcesses } from './peer-processes.ts';
import { builtProgram, builtVersion } from './programs.ts';
import { ROUTE_INFO } from './route.ts';
import type { RouteContext, StartedRoute } from './route-start.ts';

export async function startRemotedialer(context: RouteContext): Promise<StartedRoute> {
  const { world, search } = context;
  const { tls, apiserver, agentTokenFile } = world;
  const server = await builtProgram('remotedialerServer', search);
  const client = await builtProgram('remotedialerClient', search);
  const version = await builtVersion('remotedialer', 'remotedialerServer', server, search);
  const [port = 0] = await findFreePorts(1);
  await using processes = new PeerProcesses(context);
  const serverArgs = [...frontArguments(world, port), '-token-file', agentTokenFile];
  await processes.startServer('remotedialer-server', server, serverArgs, port);
  const dialled = await processes.throughLink(port);
  const clientArgs = [
    ['-url', `wss://${LOOPBACK}:${dialled}/v3/connect`],
    ['-target', `${LOOPBACK}:${apiserver.http1Port}`],
    ['-ca', tls.caFile],
    ['-token-file', agentTokenFile],
  ].flat();
  await processes.start('remotedialer-client', client, clientArgs);
  return processes.asRoute(ROUTE_INFO.remotedialer, version, onePort(world, port));
}
