// The real command under SIGTERM, as Kubernetes stops a pod: what runs is finished, and the exit code says that all is well.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadRegistration, saveRegistration } from '../../relay-agent/identity.ts';
import { startAgent } from '../../relay-agent/index.ts';
import type { RunningAgent } from '../../relay-agent/index.ts';
import { open } from '../support/http-client.ts';
import { freePort } from '../support/free-port.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');

let world: RelayWorld;
let agent: RunningAgent | undefined;
let gateway: ChildProcess | undefined;

afterEach(async () => {
  gateway?.kill('SIGKILL');
  await agent?.close();
  await world.close();
});

/** The gateway of the command line on the data of the world's own, with the world's agent moved over to it. */
async function startCommand(drainTimeout: string): Promise<{ port: number; lines: () => string }> {
  const { gatewayConfig, agentConfig, directory, entra } = world;
  await world.agent.close();
  await world.gateway.close();
  const port = await freePort();
  const publicUrl = `https://127.0.0.1:${port}`;
  await writeFile(join(directory, 'entra-ca.pem'), entra.caPem);
  const settings = {
    listen: `127.0.0.1:${port}`,
    privateListen: '127.0.0.1:0',
    publicUrl,
    dataDir: gatewayConfig.dataDir,
    entra: {
      authorityHost: entra.authorityHost,
      authorityCaFile: join(directory, 'entra-ca.pem'),
      tenants: [entra.tenantId],
      audiences: entra.audiences,
    },
    access: [
      { clusters: ['*'], role: 'user', groups: entra.directory.groups.map(({ objectId }) => objectId) },
    ],
    drainTimeout,
  };
  const file = join(directory, 'gateway.yaml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(settings));
  const child = spawn(process.execPath, [MAIN, 'gateway', '--config', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  gateway = child;
  let lines = '';
  child.stderr.on('data', (chunk) => {
    lines += String(chunk);
  });
  await expect.poll(() => lines, { timeout: 15_000 }).toContain('"gateway.started"');
  const registration = await loadRegistration(agentConfig.stateDir);
  if (registration === undefined) throw new Error('the agent has not registered');
  await saveRegistration(agentConfig.stateDir, { ...registration, gatewayUrl: publicUrl });
  agent = await startAgent({ ...agentConfig, gatewayUrl: publicUrl });
  await agent.connected();
  return { port, lines: () => lines };
}

async function startWatch(drainTimeout: string) {
  const begun = Promise.withResolvers<ServerResponse>();
  world = await startRelayWorld({
    answer: (_request, response) => {
      response.writeHead(200);
      response.write('first ', () => begun.resolve(response));
    },
  });
  const { port, lines } = await startCommand(drainTimeout);
  const token = await world.token('alice');
  const response = await open({ port, caPem: world.caPem }, { token, path: '/api/v1/pods?watch=true' });
  const chunks: string[] = [];
  response.on('data', (chunk) => chunks.push(String(chunk)));
  const upstream = await begun.promise;
  await expect.poll(() => chunks).toEqual(['first ']);
  if (gateway === undefined) throw new Error('not started');
  return { response, upstream, chunks, lines, exited: once(gateway, 'exit') };
}

describe('cluster-connect gateway', () => {
  it('finishes a running watch after SIGTERM and exits with 0', async () => {
    const { response, upstream, chunks, lines, exited } = await startWatch('5s');
    gateway?.kill('SIGTERM');
    await expect.poll(lines).toContain('"gateway.draining"');
    upstream.end('last');
    await once(response, 'end');
    expect([chunks.join(''), response.complete]).toEqual(['first last', true]);
    expect(await exited).toEqual([0, null]);
    expect(lines()).toContain('"gateway.stopped"');
  });

  it('cuts what has not ended by the drain timeout, and exits with 0', async () => {
    const { response, exited } = await startWatch('50ms');
    const cut = once(response, 'error');
    gateway?.kill('SIGTERM');
    await cut;
    expect(response.complete).toBe(false);
    expect(await exited).toEqual([0, null]);
  });
});
