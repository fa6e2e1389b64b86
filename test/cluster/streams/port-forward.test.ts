// port-forward carries connections to real ports: what the client and the server of each one see, and what kubectl
// says about it, is the same through the relay.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePorts } from '../../../demo/control-plane/index.ts';
import { metricsOf } from '../../support/metrics-of.ts';
import { bindClusterAdmin, bindReader, createNamespace, incompressibleText } from '../cluster-objects.ts';
import { startPod } from '../kubelet/index.ts';
import type { KubectlResult, RunningKubectl } from '../kubectl.ts';
import { startRelay } from '../relay-fixture.ts';
import type { KubectlPair, Relay } from '../relay-fixture.ts';
import { HTTP_2, SPDY, STREAM_TRANSPORTS } from '../transports.ts';
import type { Transport } from '../transports.ts';
import { answerAfterEnd, echo, endFirst, openEcho, startPodServer, talkTo } from './pod-server.ts';
import type { Behaviour, PodServer, Seen } from './pod-server.ts';
import { expectSameResult, incompressibleBlocks, sha256Of } from './same-result.ts';

const NAMESPACE = 'forward';
const CONNECTIONS = 64;
const LARGE_MEGABYTES = 256;
const LARGE_TIME_LIMIT_MS = 300_000;

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
  await bindReader(relay.admin, NAMESPACE, relay.user('bob').objectId);
  await startPod(relay.admin, { namespace: NAMESPACE, name: 'web', labels: { app: 'web' } });
});
afterAll(() => relay.close());

interface Forward extends AsyncDisposable {
  /** The local ports, in the order of the pod's. */
  readonly ports: readonly number[];
  readonly kubectl: RunningKubectl;
}

const LISTENING = /^Forwarding from 127\.0\.0\.1:(\d+) -> \d+$/gm;

/** Resolves when kubectl listens at all ports. */
async function forward(pair: KubectlPair, side: Side, ports: readonly number[]): Promise<Forward> {
  const args = ['port-forward', '--address', '127.0.0.1', '-n', NAMESPACE, 'pod/web'];
  const kubectl = pair[side].start([...args, ...ports.map((port) => `:${port}`)], {
    timeLimitMs: LARGE_TIME_LIMIT_MS,
  });
  const found = (text: string) => [...text.matchAll(LISTENING)].map(([, port]) => Number(port));
  await kubectl.printed((text) => found(text).length === ports.length);
  return {
    ports: found(kubectl.stdout()),
    kubectl,
    [Symbol.asyncDispose]: async () => {
      kubectl.interrupt();
      await kubectl.ended;
    },
  };
}

type Side = keyof KubectlPair;
const SIDES = ['direct', 'relayed'] as const;

/** What kubectl printed, without the local ports that it chose. */
function withoutPorts({ stdout, stderr, exitCode }: KubectlResult, { ports }: Forward): KubectlResult {
  const text = (printed: string): string =>
    ports
      .reduce((done, port, index) => done.replaceAll(String(port), `LOCAL-${index}`), printed)
      .replaceAll(/127\.0\.0\.1:\d{5}\b/g, 'ADDRESS');
  return { stdout: text(stdout), stderr: text(stderr), exitCode };
}

interface Outcome {
  readonly client: readonly Seen[];
  readonly server: readonly Seen[];
  readonly kubectl: KubectlResult;
}

/** The same with and without the relay, at the same time; each has servers of its own. */
async function expectSame(
  transport: Transport,
  behaviours: readonly Behaviour[],
  use: (forward: Forward, servers: readonly PodServer[]) => Promise<readonly Seen[]>,
): Promise<Outcome> {
  const pair = relay.kubectlOf('alice', transport);
  const outcomes = await Promise.all(
    SIDES.map(async (side): Promise<Outcome> => {
      const servers = await Promise.all(behaviours.map((behave) => startPodServer(behave)));
      const forwarding = await forward(
        pair,
        side,
        servers.map(({ port }) => port),
      );
      const client = await use(forwarding, servers);
      forwarding.kubectl.interrupt();
      const printed = await forwarding.kubectl.ended;
      // Everything is let go, whatever the client did.
      await Promise.all(servers.map((server) => server.close()));
      const remote = servers.map(({ port }) => port);
      const kubectl = withoutPorts(printed, forwarding);
      const text = (words: string): string =>
        remote.reduce((done, port, index) => done.replaceAll(String(port), `PORT-${index}`), words);
      return {
        client,
        server: servers.flatMap(({ seen }) => seen.toSorted(bySha256)),
        kubectl: { ...kubectl, stdout: text(kubectl.stdout), stderr: text(kubectl.stderr) },
      };
    }),
  );
  const [direct, relayed] = outcomes;
  if (direct === undefined || relayed === undefined) throw new RangeError('two outcomes');
  expect(relayed).toEqual(direct);
  return direct;
}

const seenOf = (body: string, how = 'ended'): Seen => ({
  bytes: Buffer.byteLength(body),
  sha256: createHash('sha256').update(body).digest('hex'),
  how,
});

const bySha256 = (one: Seen, other: Seen): number => (one.sha256 < other.sha256 ? -1 : 1);

describe.each(STREAM_TRANSPORTS.map((transport) => [transport.name, transport] as const))(
  'over %s, through the relay as without it',
  (_, transport) => {
    test(`${CONNECTIONS} connections at once, open together, each get their own bytes back`, async () => {
      const bodies = Array.from({ length: CONNECTIONS }, (_, index) =>
        incompressibleText(20_000 + index, index),
      );
      const { client } = await expectSame(transport, [echo], async ({ ports }, [server]) => {
        const [port = 0] = ports;
        const talks = await Promise.all(bodies.map((body) => openEcho(port, body)));
        expect(server?.open).toBe(CONNECTIONS);
        for (const { socket } of talks) socket.end();
        const ends = await Promise.all(talks.map(({ over }) => over));
        await server?.untilOver(CONNECTIONS);
        return ends;
      });
      expect(client).toEqual(bodies.map((body) => seenOf(body)));
    });

    test('a client that has ended still gets the answer', async () => {
      const body = incompressibleText(300_000, 3);
      const { client, server } = await expectSame(transport, [answerAfterEnd], async ({ ports }) => [
        await talkTo(ports[0] ?? 0, body).over,
      ]);
      const { bytes, sha256 } = seenOf(body);
      expect(client).toEqual([seenOf(`${bytes} ${sha256}`)]);
      expect(server).toEqual([seenOf(body)]);
    });

    test('several ports of one command, and a server that ends first', async () => {
      const behaviours = [echo, answerAfterEnd, endFirst];
      const { client } = await expectSame(transport, behaviours, async ({ ports }, servers) => {
        const ends: Seen[] = [];
        for (const [index, port] of ports.entries()) {
          ends.push(await talkTo(port, 'to this port').over);
          await servers[index]?.untilOver(1);
        }
        return ends;
      });
      expect(client[0]).toEqual(seenOf('to this port'));
      expect(client[2]).toEqual(seenOf('that is all\n'));
    });

    test('a port that refuses is an error of its own connection, in the same words', async () => {
      const [closed = 0] = await findFreePorts(1);
      const pair = relay.kubectlOf('alice', transport);
      const [direct, relayed] = await Promise.all(
        SIDES.map(async (side) => {
          const forwarding = await forward(pair, side, [closed]);
          const { over } = talkTo(forwarding.ports[0] ?? 0, 'is anybody there?');
          const client = await over;
          await forwarding.kubectl.printed(() => forwarding.kubectl.stderr().includes('onnection refused'));
          forwarding.kubectl.interrupt();
          return { client, ...withoutPorts(await forwarding.kubectl.ended, forwarding) };
        }),
      );
      expect(relayed).toEqual(direct);
      expect(direct?.client.bytes).toBe(0);
    });

    test('a connection that its client resets does not end the others', async () => {
      const { client, server } = await expectSame(transport, [echo], async ({ ports }, [server]) => {
        const [port = 0] = ports;
        const stays = await openEcho(port, 'one');
        const goes = await openEcho(port, 'two');
        goes.socket.resetAndDestroy();
        await server?.untilOver(1);
        const comes = await openEcho(port, 'three');
        stays.socket.end('four');
        comes.socket.end();
        return await Promise.all([stays.over, comes.over]);
      });
      expect(client).toEqual([seenOf('onefour'), seenOf('three')]);
      expect(server).toHaveLength(3);
    });

    test.each(['interrupt', 'kill'] as const)('kubectl’s end by %s frees everything', async (how) => {
      const pair = relay.kubectlOf('alice', transport);
      const [direct, relayed] = await Promise.all(
        SIDES.map(async (side) => {
          const server = await startPodServer(echo);
          const forwarding = await forward(pair, side, [server.port]);
          const talks = await Promise.all(
            ['one', 'two'].map((text) => openEcho(forwarding.ports[0] ?? 0, text)),
          );
          forwarding.kubectl[how]();
          const { exitCode } = await forwarding.kubectl.ended;
          await server.untilOver(2);
          const seen = server.seen.map(({ bytes }) => bytes);
          for (const { socket } of talks) socket.destroy();
          await server.close();
          return { exitCode, seen };
        }),
      );
      expect(relayed).toEqual(direct);
      expect(direct?.seen).toEqual([3, 3]);
      const running = () => metricsOf(relay.gateway.privateUrl, 'requests_running');
      await expect.poll(running, { timeout: 10_000 }).toEqual([['', 0]]);
    });
  },
);

test.each([HTTP_2, SPDY].map((transport) => [transport.name, transport] as const))(
  `${LARGE_MEGABYTES} MB each way over %s, by their hash`,
  async (_, transport) => {
    const server = await startPodServer(echo);
    const pair = relay.kubectlOf('alice', transport);
    await using forwarding = await forward(pair, 'relayed', [server.port]);
    const seen = await talkTo(forwarding.ports[0] ?? 0, incompressibleBlocks(LARGE_MEGABYTES)).over;
    await server.untilOver(1);
    const whole: Seen = {
      bytes: LARGE_MEGABYTES << 20,
      sha256: sha256Of(incompressibleBlocks(LARGE_MEGABYTES)),
      how: 'ended',
    };
    expect({ client: seen, server: server.seen }).toEqual({ client: whole, server: [whole] });
    await server.close();
  },
  LARGE_TIME_LIMIT_MS,
);

test.each(STREAM_TRANSPORTS.map((transport) => [transport.name, transport] as const))(
  'what is refused is refused in the same words over %s',
  async (_, transport) => {
    const args = (pod: string) => ['port-forward', '-n', NAMESPACE, `pod/${pod}`, ':1'];
    const alice = relay.kubectlOf('alice', transport);
    expect((await expectSameResult(alice, args('nobody'))).stderr).toContain('NotFound');
    const bob = relay.kubectlOf('bob', transport);
    expect((await expectSameResult(bob, args('web'))).stderr).toContain('pods/portforward');
  },
);
