// kubectl --as in the demo: its stand-in for an apiserver has the agent without the role for it, as an operator may.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startDemoApiserver } from '../../demo/apiserver/index.ts';
import { call } from '../support/http-client.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

it('is refused in plain words, and the next request without it is not', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'cluster-connect-test-'));
  const apiserver = await startDemoApiserver();
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, apiserver.agentToken);
  const world = await startRelayWorld({
    upstreamConfig: { server: apiserver.url, ca: apiserver.caPem, tokenFile },
  });
  try {
    const token = await world.token('alice');
    const refused = await call(world, { token, path: '/api', headers: { 'Impersonate-User': 'carol' } });
    expect(statusOf(refused.body)).toMatchObject({ code: 403, reason: 'Forbidden', hop: 'agent' });
    expect(refused.body).toContain('CC_ERR_AGENT_ACT_AS_DISABLED');
    expect(await call(world, { token, path: '/api' })).toMatchObject({ status: 200 });
  } finally {
    await world.close();
    await apiserver.close();
    await rm(directory, { recursive: true, force: true });
  }
});
