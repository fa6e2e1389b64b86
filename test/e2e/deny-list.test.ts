// Who is put on the deny list is out: at once for what is new, and within seconds for what runs.
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callHttp2, open, openHttp2, upgrade } from '../support/http-client.ts';
import { memoryLog } from '../support/memory-log.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';
import { userOf } from '../support/entra-stand-in.ts';

const WATCH = '/api/v1/pods?watch=true';

describe.each(['gateway', 'agent'] as const)('the deny list of the %s', (where) => {
  const log = memoryLog();
  let world: RelayWorld;
  let directory = '';
  let denyListFile = '';
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cluster-connect-deny-'));
    denyListFile = join(directory, 'deny.txt');
    writeFileSync(denyListFile, '');
    world = await startRelayWorld({
      logger: log.logger,
      [where]: { denyListFile },
      answer: (request, response) =>
        request.url === WATCH ? response.writeHead(200).write('first') : response.end('ok'),
      onUpgrade: (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
        socket.resume();
      },
    });
  });
  afterAll(async () => {
    await world.close();
    rmSync(directory, { recursive: true });
  });

  it('ends the streams of a user, refuses new requests, and lets all others be', async () => {
    const [alice, bob] = await Promise.all([world.token('alice'), world.token('bob')]);
    const session = openHttp2(world);
    const watch = await open(world, { token: alice, path: WATCH });
    const others = await open(world, { token: bob, path: WATCH });
    await Promise.all([once(watch, 'data'), once(others, 'data')]);
    const cut = once(watch.resume(), 'error');
    const reset = callHttp2(session, { token: alice, path: WATCH }).catch((error: unknown) => error);
    const { socket } = await upgrade(world, { token: alice });
    const closed = once(socket.resume(), 'close');

    const { objectId } = userOf(world.entra, 'alice');
    writeFileSync(`${denyListFile}.new`, `user ${objectId} # left the company\n`);
    renameSync(`${denyListFile}.new`, denyListFile);

    await Promise.all([cut, closed]);
    expect(await reset).toBeInstanceOf(Error);
    const refused = await call(world, { token: alice });
    expect(statusOf(refused.body)).toMatchObject({ code: 403, hop: where, errorCode: 'CC_ERR_AUTH_DENIED' });
    const again = await call(world, { token: await world.token('alice') });
    expect(again.status).toBe(403);
    expect(others.destroyed).toBe(false);
    expect((await call(world, { token: bob })).status).toBe(200);

    const records = log.lines().filter(({ event }) => event === 'audit.stream.ended');
    expect(records.filter(({ reason }) => reason === 'denied').length).toBeGreaterThanOrEqual(3);
    expect(records.every((record) => record['objectId'] === objectId)).toBe(true);
    others.destroy();
    session.destroy();
  });
});
