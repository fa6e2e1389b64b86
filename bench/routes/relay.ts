// Our own route: a gateway and a relay-agent, each in a process of its own, with everything on that production has.
import { join } from 'node:path';
import { z } from 'zod';
import { findFreePorts } from '../../demo/control-plane/index.ts';
import { startLink } from '../link/index.ts';
import { startChild } from '../processes/index.ts';
import { LOOPBACK } from './address.ts';
import { ROUTE_INFO } from './route.ts';
import type { RelayRoute } from './route.ts';
import type { RouteContext, StartedRoute } from './route-start.ts';

const CLUSTER_NAME = 'harbour';
const CLUSTER_DOMAIN = 'cluster-connect.internal';
/** As many as an agent keeps by default. */
const TUNNELS = 2;

export async function startRelay({
  world,
  directory,
  link,
  relay = {},
}: RouteContext): Promise<StartedRoute> {
  const { identity } = world;
  const { gatewayProcesses = 1, tunnels = TUNNELS } = relay;
  await using resources = new AsyncDisposableStack();
  const gateway = startChild('gateway', 'gateway');
  resources.defer(() => gateway.stop());
  const [port = 0] = await findFreePorts(1);
  const linked = link === undefined ? undefined : resources.use(await startLink(port, link));
  // Down before the gateway and the link: whatever goes away before it would have it reconnect, and say so.
  const agent = startChild('agent', 'agent');
  resources.defer(() => agent.stop());
  // What the agent proves itself to is the public URL, so the link has to stand behind that.
  const publicUrl = `https://${LOOPBACK}:${linked?.port ?? port}`;
  const started = await gateway.call(
    'start',
    {
      port,
      publicUrl,
      dataDir: join(directory, 'gateway'),
      clusterDomain: CLUSTER_DOMAIN,
      clusterName: CLUSTER_NAME,
      userObjectId: identity.objectId,
      userGroup: identity.group,
      entra: identity.settings,
      processes: gatewayProcesses,
    },
    z.object({ authorityPem: z.string(), joinToken: z.string() }),
  );
  await agent.call(
    'start',
    {
      gatewayUrl: publicUrl,
      gatewayCa: started.authorityPem,
      joinToken: started.joinToken,
      stateDir: join(directory, 'agent'),
      tunnels,
      entra: identity.settings,
      upstream: {
        server: `https://${LOOPBACK}:${world.apiserver.http1Port}`,
        ca: world.tls.ca,
        tokenFile: world.agentTokenFile,
      },
    },
    z.null(),
  );
  const address = {
    host: LOOPBACK,
    port,
    // As get-credentials writes it: the gateway's address, the cluster as TLS server name.
    serverName: `${CLUSTER_NAME}.${CLUSTER_DOMAIN}`,
    ca: started.authorityPem,
  };
  const kept = resources.move();
  const route: RelayRoute = {
    info: ROUTE_INFO.relay,
    version: `Node ${process.version}`,
    processes: [gateway, agent].map(({ name, pid }) => ({ name, pid })),
    address: () => address,
    gateway,
    agent,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
  return { route, watched: [] };
}
