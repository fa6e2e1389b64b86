// chisel: a reverse TCP tunnel, SSH inside a WebSocket. As it is by default: the WebSocket has no TLS, the SSH encrypts.
import { findFreePorts } from '../../demo/control-plane/index.ts';
import { LOOPBACK, portForEach } from './address.ts';
import { PeerProcesses } from './peer-processes.ts';
import { builtProgram, builtVersion } from './programs.ts';
import { ROUTE_INFO } from './route.ts';
import type { RouteContext, StartedRoute } from './route-start.ts';

export async function startChisel(context: RouteContext): Promise<StartedRoute> {
  const { world, search } = context;
  const { http1Port, http2Port } = world.apiserver;
  const chisel = await builtProgram('chisel', search);
  const version = await builtVersion('chisel', 'chisel', chisel, search);
  const [port = 0, http1 = 0, http2 = 0] = await findFreePorts(3);
  await using processes = new PeerProcesses(context);
  const serverArgs = ['server', '--host', LOOPBACK, '--port', String(port), '--reverse'];
  await processes.startServer('chisel-server', chisel, serverArgs, port);
  const dialled = await processes.throughLink(port);
  await processes.start('chisel-client', chisel, [
    'client',
    `http://${LOOPBACK}:${dialled}`,
    `R:${LOOPBACK}:${http1}:${LOOPBACK}:${http1Port}`,
    `R:${LOOPBACK}:${http2}:${LOOPBACK}:${http2Port}`,
  ]);
  return processes.asRoute(ROUTE_INFO.chisel, version, portForEach(world, http1, http2));
}
