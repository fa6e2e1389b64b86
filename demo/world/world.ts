// Everything that the tour walks through, started side by side as far as one does not need the other.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { castOf } from '../cast.ts';
import type { Cast, Person } from '../cast.ts';
import type { ClusterOptions, DemoCluster } from '../clusters/index.ts';
import { startOrphanGuard } from '../control-plane/index.ts';
import type { DemoError } from '../demo-error.ts';
import { startEntraStandIn } from '../entra/index.ts';
import type { EntraStandIn } from '../entra/index.ts';
import { startDemoAgent } from './agent.ts';
import type { Cleanup } from './cleanup.ts';
import { writeCredentials } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { addCluster, startDemoGateway } from './gateway.ts';
import type { DemoGateway, StartOptions } from './gateway.ts';
import { runCommand } from './run-command.ts';
import type { Service } from './service.ts';
import type { Surroundings } from './settings-files.ts';
import { approveSignIn } from './sign-in.ts';

export interface World {
  readonly directory: string;
  readonly entra: EntraStandIn;
  readonly cast: Cast;
  readonly cluster: DemoCluster;
  readonly gateway: DemoGateway;
  readonly gatewayCaFile: string;
  readonly agent: Service;
  readonly credentials: Credentials;
}

export interface WorldOptions {
  readonly startCluster: (options: ClusterOptions) => Promise<DemoCluster>;
  readonly environment: Readonly<Record<string, string>>;
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
  /** Told when the gateway or the agent ends by itself, now or later. */
  readonly onUnexpectedEnd: (error: DemoError) => void;
  /** Each part as soon as it is ready. */
  readonly onReady: (part: string, description: string) => void;
  readonly report: (line: string) => void;
}

const POLL_INTERVAL_SECONDS = 1;
// Whose sign-in is not shown: the tour shows one.
const SIGNED_IN_BEFORE: readonly Person[] = ['bob', 'mallory'];

/** What was started is in `cleanup`, also when this fails. @throws DemoError, ControlPlaneError, or the signal's reason */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { environment, cleanup, signal, onReady, report } = options;
  const directory = await mkdtemp(join(tmpdir(), 'cluster-connect-demo-'));
  const guard = startOrphanGuard(directory);
  cleanup.add('the temporary directory', async () => {
    await rm(directory, { recursive: true, force: true });
    guard.release();
  });

  const entra = await startEntraStandIn({ pollIntervalSeconds: POLL_INTERVAL_SECONDS });
  cleanup.add('the Entra stand-in', () => entra.close());
  const cast = castOf(entra.directory);
  const entraCaFile = join(directory, 'entra-ca.pem');
  await writeFile(entraCaFile, entra.caPem, { mode: 0o600 });
  onReady('Entra', `${entra.authorityHost}, a stand-in: it signs in alice, bob, mallory and a pipeline`);

  const surroundings: Surroundings = { directory, entra, entraCaFile, cast };
  const start: StartOptions = {
    environment,
    signal,
    onUnexpectedEnd: options.onUnexpectedEnd,
    onStart: (service) => {
      guard.watch(service.pid);
      cleanup.add(service.title, () => service.stop());
    },
  };
  const startingCluster = options.startCluster({ directory, cast, signal, report });
  // However this ends: what has begun to start must have started before it can be closed.
  cleanup.add('the cluster', async () => {
    const cluster = await startingCluster.catch(() => undefined);
    await cluster?.close();
  });
  const cluster = untilAborted(startingCluster, signal).then((ready) => {
    onReady('Cluster', ready.description);
    return ready;
  });

  const startGateway = async () => {
    const gateway = await startDemoGateway(surroundings, start);
    const added = await addCluster(gateway, directory, start);
    onReady('Gateway', `${gateway.url}, process ${gateway.service.pid}`);
    return { gateway, added };
  };
  const gateway = startGateway();

  const startAgent = async () => {
    const [{ gateway: relay, added }, ready] = await Promise.all([gateway, cluster]);
    const agent = await startDemoAgent(surroundings, relay, added, ready, start);
    onReady('Agent', `process ${agent.pid}: it has dialled the gateway and listens on nothing`);
    return agent;
  };
  const makeCredentials = async () => {
    const { gateway: relay, added } = await gateway;
    const credentials = await writeCredentials(
      surroundings,
      { url: relay.url, ...added },
      environment,
      signal,
    );
    await Promise.all(SIGNED_IN_BEFORE.map((person) => signIn(person, credentials, entra, options)));
    return credentials;
  };
  const tasks = [gateway, cluster, startAgent(), makeCredentials()] as const;
  // All have settled before the first failure is told: nothing is started behind the back of the cleanup.
  await Promise.allSettled(tasks);
  const [{ gateway: relay, added }, ready, agent, credentials] = await Promise.all(tasks);
  return {
    directory,
    entra,
    cast,
    cluster: ready,
    gateway: relay,
    gatewayCaFile: added.caFile,
    agent,
    credentials,
  };
}

/** What kubectl would do by itself at the first command. */
async function signIn(
  person: Person,
  credentials: Credentials,
  entra: EntraStandIn,
  { environment, signal }: WorldOptions,
): Promise<void> {
  const { command, args } = credentials.plugin(person);
  await runCommand(command, args, {
    title: `the sign-in of ${person}`,
    environment,
    signal,
    onStderr: approveSignIn(entra, person),
  });
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
