// Konnectivity: TCP connections inside one gRPC stream with TLS, behind a reverse proxy of ours that dials through the
// proxy server's Unix socket, as kube-apiserver does. The agent shows no certificate: clusters use a token, which the proxy
// server would have to ask a kube-apiserver about.
import { join } from 'node:path';
import { findFreePorts } from '../../demo/control-plane/index.ts';
import { LOOPBACK, onePort } from './address.ts';
import { frontArguments } from './front-arguments.ts';
import { PeerProcesses } from './peer-processes.ts';
import { builtProgram, builtVersion } from './programs.ts';
import { ROUTE_INFO } from './route.ts';
import type { RouteContext, StartedRoute } from './route-start.ts';

export async function startKonnectivity(context: RouteContext): Promise<StartedRoute> {
  const { world, directory, search } = context;
  const { tls } = world;
  const server = await builtProgram('proxyServer', search);
  const agent = await builtProgram('proxyAgent', search);
  const front = await builtProgram('konnectivityFront', search);
  const version = await builtVersion('apiserver-network-proxy', 'proxyServer', server, search);
  const ports = await findFreePorts(6);
  const [port = 0, agentPort = 0, adminPort = 0, healthPort = 0, agentAdminPort = 0, agentHealthPort = 0] =
    ports;
  const socket = join(directory, 'proxy.sock');
  await using processes = new PeerProcesses(context);
  const serverArgs = [
    '--mode=grpc',
    `--uds-name=${socket}`,
    '--server-port=0',
    `--agent-bind-address=${LOOPBACK}`,
    `--agent-port=${agentPort}`,
    `--cluster-cert=${tls.certFile}`,
    `--cluster-key=${tls.keyFile}`,
    `--admin-bind-address=${LOOPBACK}`,
    `--admin-port=${adminPort}`,
    `--health-bind-address=${LOOPBACK}`,
    `--health-port=${healthPort}`,
    '--server-count=1',
  ];
  await processes.startServer('proxy-server', server, serverArgs, agentPort);
  const dialled = await processes.throughLink(agentPort);
  const agentArgs = [
    `--proxy-server-host=${LOOPBACK}`,
    `--proxy-server-port=${dialled}`,
    `--ca-cert=${tls.caFile}`,
    `--admin-bind-address=${LOOPBACK}`,
    `--admin-server-port=${agentAdminPort}`,
    `--health-server-host=${LOOPBACK}`,
    `--health-server-port=${agentHealthPort}`,
  ];
  const running = await processes.startServer('proxy-agent', agent, agentArgs, agentHealthPort);
  // Its first signal only drains it; the one that ends every process is then the second.
  processes.beforeEarlier(() => void process.kill(running.pid, 'SIGTERM'));
  const frontArgs = [...frontArguments(world, port), '-proxy-socket', socket];
  await processes.startServer('konnectivity-front', front, frontArgs, port);
  return processes.asRoute(ROUTE_INFO.konnectivity, version, onePort(world, port));
}
