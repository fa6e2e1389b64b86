// Two gateways of one installation in one process, each on a port of its own, so that a test chooses where a request arrives:
// the agent's tunnels are at the first, and what goes to the second needs the way between them.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAssertionMemory, createNonceMemory } from '../../auth/index.ts';
import { startGateway } from '../../gateway/index.ts';
import type { Membership, RunningGateway } from '../../gateway/index.ts';
import { createPeerSecret } from '../../gateway/peers/index.ts';
import { createDirectoryHub } from '../../gateway/processes/directory-hub.ts';
import type { DirectoryHub } from '../../gateway/processes/directory-hub.ts';
import type { FromProcess } from '../../gateway/processes/messages.ts';
import { createSupervisorLink } from '../../gateway/processes/supervisor-link.ts';
import { silentLogger } from '../../observe/index.ts';
import { call } from './http-client.ts';
import { freePort } from './free-port.ts';
import { startRelayWorld } from './relay-world.ts';
import type { RelayWorld, RelayWorldOptions } from './relay-world.ts';
import { until } from './until.ts';

export interface TwinWorld extends RelayWorld {
  /** Holds no tunnel of the world's agent. */
  readonly second: RunningGateway;
  /** The second, as a target of requests. */
  readonly asker: { readonly port: number; readonly caPem: string };
  /** Streams that the second has opened at the first. */
  peerStreams(): Promise<number>;
}

/** Ready when a request to the second is answered. */
export async function startTwinWorld(options: RelayWorldOptions = {}): Promise<TwinWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'cc-twin-'));
  const hub = createDirectoryHub();
  const replays = { assertions: createAssertionMemory(), nonces: createNonceMemory() };
  const secret = createPeerSecret();
  const ticketKeys = randomBytes(48);
  const member = (id: string): Membership => {
    const socketPath = join(directory, `${id}.sock`);
    return {
      sharesPort: false,
      socketPath,
      secret,
      ticketKeys,
      replays,
      directory: joinHub(hub, id, socketPath),
    };
  };
  const world = await startRelayWorld({ ...options, membership: member('first') });
  hub.introduce('first');
  const port = await freePort();
  const second = await startGateway(
    { ...world.gatewayConfig, listen: { host: '127.0.0.1', port } },
    {
      logger: options.logger ?? silentLogger,
      membership: member('second'),
      limits: options.gatewayLimits ?? {},
      tunnelLimits: options.tunnelLimits ?? {},
    },
  );
  hub.introduce('second');
  const asker = { port, caPem: world.caPem };
  const token = await world.token('alice');
  await until(async () => (await call(asker, { token, path: '/readyz' })).status !== 503);
  return {
    ...world,
    second,
    asker,
    peerStreams: async () => {
      const { body } = await second.metrics.render();
      return Number(/^cluster_connect_gateway_peer_streams_total (\d+)$/m.exec(body)?.[1]);
    },
    close: async () => {
      await second.close();
      await world.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

// As over IPC, without the processes: the replay memory is shared by being one object.
function joinHub(hub: DirectoryHub, id: string, socketPath: string): Membership['directory'] {
  const link = createSupervisorLink((message: FromProcess) => {
    if (message.kind === 'tunnels') hub.update(id, message.counts);
  });
  hub.attach({ address: { id, socketPath }, send: (message) => void link.receive(message) });
  link.begin();
  return link.directory;
}
