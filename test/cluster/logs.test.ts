// What comes from a kubelet through the apiserver: logs that are long, that go on, that break off, and refusals.
import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindClusterAdmin, createNamespace, incompressibleText } from './cluster-objects.ts';
import { expectSameOutput } from './compare.ts';
import { startFakeKubelet } from './fake-kubelet.ts';
import type { FakeKubelet } from './fake-kubelet.ts';
import { startRelay } from './relay-fixture.ts';
import type { Relay } from './relay-fixture.ts';
import { HTTP_TRANSPORTS } from './transports.ts';

const NAMESPACE = 'logs';
const NODE = 'node-of-logs';
const LOGS = `/containerLogs/${NAMESPACE}/web/web`;
const LINES = `${incompressibleText(99, 6)}\n`.repeat(80_000);

let relay: Relay;
let kubelet: FakeKubelet;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
  kubelet = await startFakeKubelet(relay.admin, NODE);
  await relay.admin.create(`/api/v1/namespaces/${NAMESPACE}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: { nodeName: NODE, containers: [{ name: 'web', image: 'registry.example/web:1' }] },
  });
});
afterAll(async () => {
  await kubelet.close();
  await relay.close();
});

describe.each(HTTP_TRANSPORTS)('over $name', (transport) => {
  const logs = ['logs', 'web', '-n', NAMESPACE];

  test('a log of 8 MB comes whole', async () => {
    kubelet.handle(LOGS, (_, response) => response.end(LINES));
    const { stdout } = await expectSameOutput(relay.kubectlOf('alice', transport), logs);
    expect(stdout).toBe(LINES);
  });

  test('the question about a log goes to the kubelet unchanged', async () => {
    kubelet.handle(LOGS, (request, response) => response.end(`${request.url}\n`));
    const args = [...logs, '--tail=5', '--timestamps', '--since=1h', '--limit-bytes=1000'];
    const { stdout } = await expectSameOutput(relay.kubectlOf('alice', transport), args);
    expect(stdout).toContain('tailLines=5');
  });

  test('logs -f shows each line when it is written, and ends when the log does', async () => {
    const response = new Promise<ServerResponse>((resolve) =>
      kubelet.handle(LOGS, (_, answer) => {
        answer.flushHeaders();
        resolve(answer);
      }),
    );
    const follower = relay.kubectlOf('alice', transport).relayed.start([...logs, '-f']);
    const container = await response;
    let written = '';
    for (let line = 1; line <= 20; line += 1) {
      written += `line ${line}\n`;
      container.write(`line ${line}\n`);
      // The next one is written only when this one has been seen: nothing may wait for a fuller buffer.
      await follower.printed((text) => text === written);
    }
    container.end();
    expect(await follower.ended).toMatchObject({ stdout: written, exitCode: 0 });
  });

  test('a client that goes away ends logs -f at the kubelet', async () => {
    const response = new Promise<ServerResponse>((resolve) =>
      kubelet.handle(LOGS, (_, answer) => {
        answer.write('first line\n');
        resolve(answer);
      }),
    );
    const follower = relay.kubectlOf('alice', transport).relayed.start([...logs, '-f']);
    await follower.printed((text) => text === 'first line\n');
    const closed = once(await response, 'close');
    follower.interrupt();
    await closed;
    await follower.ended;
  });

  test('a log that breaks off is shown as far as it came', async () => {
    kubelet.handle(LOGS, (_, response) => {
      response.write('half a li', () => response.destroy());
    });
    const { stdout } = await expectSameOutput(relay.kubectlOf('alice', transport), logs);
    expect(stdout).toBe('half a li');
  });

  test.each([
    [
      'an error of the kubelet',
      ['logs', 'web', '-n', NAMESPACE, '--previous'],
      'previous terminated container',
    ],
    ['exec that the kubelet refuses', ['exec', 'web', '-n', NAMESPACE, '--', 'date'], 'error'],
  ])('%s is shown in the same words', async (_, args, shows) => {
    kubelet.handle(LOGS, (_, response) => {
      response
        .writeHead(400, { 'content-type': 'text/plain' })
        .end('previous terminated container not found\n');
    });
    const { stderr, exitCode } = await expectSameOutput(relay.kubectlOf('alice', transport), args);
    expect(stderr).toContain(shows);
    expect(exitCode).toBe(1);
  });
});
