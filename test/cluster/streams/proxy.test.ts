// kubectl proxy through the relay: a plain HTTP client, and another kubectl, get from it what they get without.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bindClusterAdmin, configMap, createNamespace } from '../cluster-objects.ts';
import { startPod } from '../kubelet/index.ts';
import { createKubectl } from '../kubectl.ts';
import type { RunningKubectl } from '../kubectl.ts';
import { startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { HOST_ROUTE, HTTP_2, kubectlFile, OLD_KUBECTL, PATH_ROUTE, slugOf, SPDY } from '../transports.ts';
import type { Transport } from '../transports.ts';

const NAMESPACE = 'proxied';
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const SIDES = ['direct', 'relayed'] as const;

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
  await relay.admin.create(MAPS, configMap('first', { text: 'Grüße, 世界 🌍' }));
  await startPod(relay.admin, { namespace: NAMESPACE, name: 'web' });
});
afterAll(() => relay.close());

interface Proxy extends AsyncDisposable {
  /** e.g. `http://127.0.0.1:34567` */
  readonly url: string;
  readonly kubectl: RunningKubectl;
}

async function startProxy(
  transport: Transport,
  side: (typeof SIDES)[number],
  flags: readonly string[] = [],
): Promise<Proxy> {
  // Without the filter: it refuses exec.
  const args = ['proxy', '--port=0', '--disable-filter', ...flags];
  const kubectl = relay.kubectlOf('alice', transport)[side].start(args);
  const serving = /^Starting to serve on (\S+)$/m;
  await kubectl.printed((text) => serving.test(text));
  return {
    url: `http://${serving.exec(kubectl.stdout())?.[1]}`,
    kubectl,
    [Symbol.asyncDispose]: async () => {
      kubectl.interrupt();
      await kubectl.ended;
    },
  };
}

async function get(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  const { status, headers } = response;
  return { status, type: headers.get('content-type'), body: await response.text() };
}

const appendPath = ({ route }: Transport): readonly string[] =>
  route === 'path' ? ['--append-server-path'] : [];

describe.each(
  [HTTP_2, SPDY, PATH_ROUTE, HOST_ROUTE, OLD_KUBECTL].map(
    (transport) => [transport.name, transport] as const,
  ),
)('over %s, through the relay as without it', (_, transport) => {
  test('reads, writes, errors and a watch of a plain HTTP client', async () => {
    await using direct = await startProxy(transport, 'direct');
    await using relayed = await startProxy(transport, 'relayed', appendPath(transport));
    const both = [direct, relayed] as const;
    const same = async (path: string, init?: RequestInit) => {
      const [fromDirect, fromRelay] = await Promise.all(both.map(({ url }) => get(`${url}${path}`, init)));
      expect(fromRelay).toEqual(fromDirect);
      return fromDirect;
    };
    expect(await same(MAPS)).toMatchObject({ status: 200, body: expect.stringContaining('Grüße') });
    expect(await same(`${MAPS}/nobody`)).toMatchObject({ status: 404 });
    expect(await same('/version')).toMatchObject({ status: 200 });
    const headers = { 'content-type': 'application/json' };
    const body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"first"}}';
    expect(await same(MAPS, { method: 'POST', headers, body })).toMatchObject({ status: 409 });

    const watched = await Promise.all(
      both.map(async ({ url }) => {
        const name = `watched-${slugOf(transport)}`;
        const query = `watch=1&timeoutSeconds=30&fieldSelector=metadata.name%3D${name}`;
        const { body: stream } = await fetch(`${url}${MAPS}?${query}`);
        if (stream === null) throw new TypeError('a watch without a body');
        return { name, stream: stream.pipeThrough(new TextDecoderStream()) };
      }),
    );
    await relay.admin.create(MAPS, configMap(watched[0]?.name ?? '', { step: '0' }));
    const events = await Promise.all(
      watched.map(async ({ stream }) => {
        let text = '';
        for await (const chunk of stream) {
          text += chunk;
          if (text.endsWith('\n')) break;
        }
        return text;
      }),
    );
    expect(events[1]).toBe(events[0]);
    expect(events[0]).toContain('"type":"ADDED"');
  });
});

// Not over the host route: kubectl proxy dials upgrades without the kubeconfig’s proxy-url, which is our DNS there.
describe.each(
  [HTTP_2, SPDY, PATH_ROUTE, OLD_KUBECTL].map((transport) => [transport.name, transport] as const),
)('over %s, through the relay as without it', (_, transport) => {
  test('another kubectl’s exec', async () => {
    const results = await Promise.all(
      SIDES.map(async (side) => {
        await using proxy = await startProxy(transport, side, side === 'direct' ? [] : appendPath(transport));
        const folder = join(relay.directory, `proxied-${slugOf(transport)}-${side}`);
        mkdirSync(folder);
        const file = join(folder, 'kubeconfig');
        writeFileSync(file, '');
        const kubectl = createKubectl(kubectlFile(inject('tools'), transport), file, transport.environment);
        const script = 'cat; echo to stderr >&2; exit 7';
        const exec = ['exec', '-i', 'web', '-n', NAMESPACE, '--', 'sh', '-c', script];
        return await kubectl.run(['--server', proxy.url, ...exec], { input: 'x'.repeat(300_000) });
      }),
    );
    expect(results[1]).toEqual(results[0]);
    expect(results[0]).toMatchObject({ stdout: 'x'.repeat(300_000), exitCode: 7 });
  });
});

test('the path route without --append-server-path: kubectl asks below the gateway’s own root', async () => {
  await using proxy = await startProxy(PATH_ROUTE, 'relayed');
  const { status, body } = await get(`${proxy.url}${MAPS}`);
  expect(status).toBe(404);
  expect(body).toContain('the gateway has nothing at this path');
  expect(proxy.kubectl.stderr()).toContain('--append-server-path');
});
