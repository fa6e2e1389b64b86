// One end of the way goes: what kubectl prints, and that everybody else learns of it. Each end breaks every row at once.
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createApiserverClient, startControlPlane } from '../../../demo/control-plane/index.ts';
import type { ApiserverClient, ControlPlane } from '../../../demo/control-plane/index.ts';
import { DEFAULT_LIMITS } from '../../../tunnel/index.ts';
import { configMap } from '../cluster-objects.ts';
import { startInformer } from '../clients/informer.ts';
import { startKubelet } from '../kubelet/index.ts';
import { HELD_OPEN } from '../kubectl.ts';
import { startProcessRelay } from '../process-relay.ts';
import type { ProcessRelay } from '../process-relay.ts';
import { HTTP_2 } from '../transports.ts';
import { startEndsCluster } from './ends-cluster.ts';
import type { EndsCluster } from './ends-cluster.ts';
import { everyPartyLearns, LEARNS_WITHIN_MS } from './parties.ts';
import { expectedEnd, FEW_ROWS, plain, ROWS, startCommands } from './running-commands.ts';
import type { Running, Words } from './running-commands.ts';

const NAMESPACE = 'ends';
/** Long enough for the commands to begin on a busy machine. */
const TOKEN_SECONDS = 20;
/** SPEC §6.2: interval and timeout. */
const HEARTBEAT_MS = DEFAULT_LIMITS.HEARTBEAT_INTERVAL_MS + DEFAULT_LIMITS.HEARTBEAT_TIMEOUT_MS;

const TUNNEL_BROKE: Words = {
  hop: 'tunnel',
  begun: 'the tunnel to the cluster broke',
  unanswered: 'the tunnel to the cluster broke before the request was answered; it may have been carried out',
};
const AGENT_STOPPED: Words = {
  hop: 'agent',
  begun: 'the agent broke the session off (INTERNAL)',
  unanswered: 'the agent broke the request off (INTERNAL); it may have been carried out',
};
const GATEWAY_STOPPED: Words = {
  hop: 'gateway',
  begun: 'the gateway has stopped',
  unanswered: 'the gateway stopped before the request was answered; it may have been carried out',
};
const APISERVER_LOST: Words = {
  hop: 'apiserver',
  begun: 'the connection to the kube-apiserver broke',
  unanswered: 'the connection to the kube-apiserver broke before it answered (CODE)',
};

const TOKEN_EXPIRED: Words = { ...AGENT_STOPPED, begun: 'the token has expired' };

let admin: ApiserverClient;
let cluster: EndsCluster;
let slow: SlowEnds;
beforeAll(async () => {
  admin = createApiserverClient(inject('controlPlane'));
  cluster = await startEndsCluster(admin, NAMESPACE);
  slow = startSlowEnds();
});
afterAll(async () => {
  await slow.close();
  await cluster.close();
  admin.close();
});

interface SlowEnds {
  readonly expired: Promise<Running>;
  readonly swallowed: Promise<Running & { readonly sinceMs: number; readonly relay: ProcessRelay }>;
  close(): Promise<void>;
}

/** What only time brings about happens beside the other tests. */
function startSlowEnds(): SlowEnds {
  const starting = startProcessRelay();
  const expired = starting.then(async (relay) => {
    const running = await startCommands(relay, cluster, FEW_ROWS, TOKEN_SECONDS);
    await Promise.all(running.commands.map(({ kubectl }) => kubectl.ended));
    return running;
  });
  const swallowed = Promise.all([starting, expired]).then(async ([relay]) => {
    const running = await startCommands(relay, cluster, FEW_ROWS);
    const sinceMs = performance.now();
    relay.processes.network.swallow();
    return { ...running, sinceMs, relay };
  });
  // Reported by the tests that wait for them.
  expired.catch(() => undefined);
  swallowed.catch(() => undefined);
  return { expired, swallowed, close: async () => (await starting).close() };
}

async function expectEnds(running: Running, words: Words): Promise<void> {
  const printed: unknown[] = [];
  const expected: unknown[] = [];
  for (const row of running.commands) {
    const { stderr, exitCode } = await row.kubectl.ended;
    printed.push({ row: row.name, stderr: plain(stderr), exitCode });
    expected.push({ row: row.name, ...expectedEnd(row, words) });
  }
  expect(printed).toEqual(expected);
}

describe('of one relay', () => {
  let relay: ProcessRelay;
  beforeAll(async () => {
    relay = await startProcessRelay();
  });
  afterAll(() => relay.close());

  test('clients that are killed: nothing of their requests is left anywhere', async () => {
    const running = await startCommands(relay, cluster);
    const upload = relay
      .kubectlOf(HTTP_2)
      .start(
        ['-n', NAMESPACE, 'exec', '-i', cluster.pod.name, '--', 'sh', '-c', 'echo $$; exec cat > /dev/null'],
        {
          input: Readable.from(endless()),
        },
      );
    await upload.printed((text) => text.endsWith('\n'));
    const commands = [...running.commands.map(({ kubectl }) => kubectl), upload];
    const pids = [...running.pids, Number(upload.stdout())];
    const sinceMs = performance.now();
    for (const command of commands) command.kill();
    await everyPartyLearns('clients killed', sinceMs, relay, cluster, { ...running, pids });
  });

  test('one of two tunnels that is cut: its requests break, the others go on', async () => {
    const follow = () =>
      relay.kubectlOf(HTTP_2).start(['-n', NAMESPACE, 'logs', '-f', '--tail=1', cluster.pod.name]);
    cluster.pod.print('a line');
    const followers = [follow(), follow(), follow(), follow()];
    await Promise.all(followers.map((follower) => follower.printed((text) => text === 'a line\n')));
    relay.processes.network.cutOne();
    const ended: string[] = [];
    for (const { ended: end } of followers) void end.then(({ stderr }) => ended.push(plain(stderr)));
    await expect.poll(() => ended.length, { timeout: LEARNS_WITHIN_MS }).toBe(2);
    const row = ROWS.find(({ hears }) => hears === 'goaway');
    if (row === undefined) throw new Error('no such row');
    const { stderr } = expectedEnd(row, TUNNEL_BROKE);
    expect(ended).toEqual([stderr, stderr]);
    cluster.pod.print('still here');
    await expect
      .poll(() => followers.filter((follower) => follower.stdout().endsWith('still here\n')).length)
      .toBe(2);
    for (const follower of followers) follower.kill();
    await relay.processes.tunnelsUp();
  });

  test('all tunnels that are cut', async () => {
    const running = await startCommands(relay, cluster);
    const sinceMs = performance.now();
    relay.processes.network.cut();
    await everyPartyLearns('tunnels cut', sinceMs, relay, cluster, running);
    await expectEnds(running, TUNNEL_BROKE);
    await relay.processes.tunnelsUp();
  });

  test('an informer whose tunnels are cut watches on from where it was, and lists nothing again', async () => {
    const informer = startInformer(inject('tools').informer, relay.writeKubeconfig('informer'), {
      namespace: NAMESPACE,
      timeLimitMs: 45_000,
    });
    const create = (name: string) =>
      admin.create(`/api/v1/namespaces/${NAMESPACE}/configmaps`, configMap(name, {}));
    const sees = (name: string) => informer.until((lines) => lines.some((line) => line.name === name));
    await informer.until((lines) => lines.some(({ type }) => type === 'watch'));
    // Its own names, so that a second run of this test can create them too.
    const before = `before-the-cut-${Date.now()}`;
    const after = `after-the-cut-${Date.now()}`;
    // client-go lists again after a watch that never brought anything.
    await create(before);
    await sees(before);
    relay.processes.network.cut();
    await relay.processes.tunnelsUp();
    await create(after);
    await sees(after);
    const seen = (await informer.stop()).filter(({ type }) => type !== 'synced');
    // An error is shown with its words.
    const types = seen.map(({ type, message }) => (message === '' ? type : `${type}: ${message}`));
    expect(types).toEqual(['list', 'watch', 'add', 'watch', 'add']);
  });

  test('an agent that is killed', async () => {
    const running = await startCommands(relay, cluster);
    const sinceMs = performance.now();
    const killed = relay.processes.agent.end('SIGKILL');
    await everyPartyLearns('agent killed', sinceMs, relay, cluster, running);
    await expectEnds(running, TUNNEL_BROKE);
    await killed;
  });
});

test('an agent that is stopped: what still runs after its drain time is told', async () => {
  const relay = await startProcessRelay({ drainTimeout: '100ms' });
  const running = await startCommands(relay, cluster);
  const sinceMs = performance.now();
  const stopped = relay.processes.agent.end('SIGTERM');
  await everyPartyLearns('agent stopped (100 ms drain)', sinceMs, relay, cluster, running);
  await expectEnds(running, AGENT_STOPPED);
  await stopped;
  await relay.close();
});

test('a gateway that is stopped: what ends in its drain time ends well, new requests are refused, the rest is told', async () => {
  const relay = await startProcessRelay({ drainTimeout: '2s' });
  const running = await startCommands(relay, cluster);
  const { name } = cluster.pod;
  const shell = relay
    .kubectlOf(HTTP_2)
    .start(['-n', NAMESPACE, 'exec', '-i', name, '--', 'sh', '-c', 'echo ready; read word; echo $word'], {
      input: HELD_OPEN,
    });
  await shell.printed((text) => text === 'ready\n');
  const sinceMs = performance.now();
  const stopped = relay.processes.gateway.end('SIGTERM');
  await relay.processes.gateway.logged('gateway.draining');
  const refused = await relay.kubectlOf(HTTP_2).run(['get', '--raw', '/version']);
  expect(refused.stderr).toMatch(/^The connection to the server \S+ was refused/);
  shell.stdin.write('goodbye\n');
  expect(await shell.ended).toMatchObject({ stdout: 'ready\ngoodbye\n', stderr: '', exitCode: 0 });
  await everyPartyLearns('gateway stopped (2 s drain)', sinceMs, relay, cluster, running);
  await expectEnds(running, GATEWAY_STOPPED);
  await stopped;
  await relay.close();
});

describe('of a control plane of its own', () => {
  let own: ControlPlane;
  let relay: ProcessRelay;
  let ownCluster: EndsCluster;
  beforeAll(async () => {
    const tools = inject('tools');
    own = await startControlPlane({ etcd: tools.etcd, kubeApiserver: tools.kubeApiserver });
    const kubelet = await startKubelet(own, tools);
    ownCluster = await startEndsCluster(own.client, NAMESPACE, kubelet);
    relay = await startProcessRelay({ controlPlane: own });
  });
  afterAll(async () => {
    await relay.close();
    await ownCluster.close();
    await own.close();
  });

  test('an apiserver that is killed', async () => {
    const running = await startCommands(relay, ownCluster);
    const apiserver = own.processes.find(({ name }) => name === 'kube-apiserver');
    if (apiserver === undefined) throw new Error('no apiserver');
    const sinceMs = performance.now();
    process.kill(apiserver.pid, 'SIGKILL');
    await everyPartyLearns('apiserver killed', sinceMs, relay, ownCluster, running);
    await expectEnds(running, APISERVER_LOST);
  });
});

test('a token that expires under what runs', async () => {
  await expectEnds(await slow.expired, TOKEN_EXPIRED);
});

test('a network that swallows everything: no later than the heartbeat can tell', async () => {
  const { sinceMs, relay, ...running } = await slow.swallowed;
  await Promise.all(running.commands.map(({ kubectl }) => kubectl.ended));
  const tookMs = Math.max(...running.endedAt.values()) - sinceMs;
  expect(tookMs).toBeLessThan(HEARTBEAT_MS + LEARNS_WITHIN_MS);
  await everyPartyLearns('network swallows', sinceMs, relay, cluster, running);
  await expectEnds(running, TUNNEL_BROKE);
});

/** What a client that is killed in the midst of a large upload was about to send. */
function* endless(): Generator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  for (;;) yield chunk;
}
