// frp: TCP proxies multiplexed over one connection, with TLS on, as it is by default.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePorts } from '../../demo/control-plane/index.ts';
import { LOOPBACK, portForEach } from './address.ts';
import { PeerProcesses } from './peer-processes.ts';
import { builtProgram, builtVersion } from './programs.ts';
import { ROUTE_INFO } from './route.ts';
import type { RouteContext, StartedRoute } from './route-start.ts';

const TOKEN_BYTES = 32;

export async function startFrp(context: RouteContext): Promise<StartedRoute> {
  const { world, directory, search } = context;
  const frps = await builtProgram('frps', search);
  const frpc = await builtProgram('frpc', search);
  const version = await builtVersion('frp', 'frps', frps, search);
  const [port = 0, http1 = 0, http2 = 0] = await findFreePorts(3);
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const write = (name: string, text: string): string => {
    const file = join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  await using processes = new PeerProcesses(context);
  const serverFile = write(
    'frps.toml',
    `bindAddr = "${LOOPBACK}"
bindPort = ${port}
proxyBindAddr = "${LOOPBACK}"
auth.token = "${token}"
log.to = "console"
log.level = "warn"
`,
  );
  await processes.startServer('frps', frps, ['-c', serverFile], port);
  const dialled = await processes.throughLink(port);
  const proxyOf = (name: string, localPort: number, remotePort: number): string => `
[[proxies]]
name = "${name}"
type = "tcp"
localIP = "${LOOPBACK}"
localPort = ${localPort}
remotePort = ${remotePort}
`;
  const { http1Port, http2Port } = world.apiserver;
  const clientFile = write(
    'frpc.toml',
    `serverAddr = "${LOOPBACK}"
serverPort = ${dialled}
auth.token = "${token}"
log.to = "console"
log.level = "warn"
${proxyOf('http1', http1Port, http1)}${proxyOf('http2', http2Port, http2)}`,
  );
  await processes.start('frpc', frpc, ['-c', clientFile]);
  return processes.asRoute(ROUTE_INFO.frp, version, portForEach(world, http1, http2));
}
