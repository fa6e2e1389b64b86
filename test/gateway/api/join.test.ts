// Joining, from the request's bytes to the registered key.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createJoinProof, keyThumbprint } from '../../../auth/index.ts';
import { createManagementApi } from '../../../gateway/api/index.ts';
import { StoreError } from '../../../gateway/store/index.ts';
import type { Cluster } from '../../../gateway/store/index.ts';
import { silentLogger } from '../../../observe/index.ts';
import type { JoinFixture } from './join-fixture.ts';
import {
  HOUR_MS,
  PUBLIC_URL,
  bodyOf,
  createAgent,
  createJoinFixture,
  headerOf,
  joinBody,
  joinRequest,
} from './join-fixture.ts';

let fixture: JoinFixture;
let cluster: Cluster;
let joinToken: string;
beforeEach(async () => {
  fixture = createJoinFixture();
  cluster = await fixture.store.addCluster('factory-1');
  joinToken = await fixture.store.issueJoinToken('factory-1', HOUR_MS);
});
afterEach(async () => {
  vi.useRealTimers();
  await fixture.dispose();
});

const post = async (body: string | Buffer, remoteAddress = '192.0.2.1') =>
  fixture.api.handle(joinRequest(body, { remoteAddress }));
const failure = (code: number, reason: string): unknown =>
  expect.objectContaining({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason });

describe('a join', () => {
  it.each(['ec', 'ed25519'] as const)('registers an %s key and tells the agent who it is', async (kind) => {
    const agent = createAgent(kind);
    const answer = await post(await joinBody(agent, joinToken));
    expect(answer.status).toBe(200);
    expect(bodyOf(answer)).toEqual({
      clusterId: cluster.id,
      clusterName: 'factory-1',
      gatewayUrl: PUBLIC_URL,
    });
    expect(headerOf(answer, 'content-type')).toBe('application/json');
    expect(headerOf(answer, 'content-length')).toBe(String(answer.body.length));
    expect(headerOf(answer, 'cache-control')).toBe('no-store');
    const thumbprint = await keyThumbprint(agent.privateKey);
    expect(await fixture.store.publicKeyOf(cluster.id, thumbprint)).toEqual(agent.publicKey);
  });

  it('may be repeated by the same agent, which died before it stored the answer', async () => {
    const agent = createAgent();
    const first = await post(await joinBody(agent, joinToken));
    const second = await post(await joinBody(agent, joinToken));
    expect(second.status).toBe(200);
    expect(bodyOf(second)).toEqual(bodyOf(first));
  });

  it('I2: fifty at once, through two gateways on one file, register once', async () => {
    const second = fixture.second();
    const bodies = await Promise.all(
      Array.from({ length: 50 }, async () => joinBody(createAgent(), joinToken)),
    );
    const answers = await Promise.all(
      bodies.map(async (body, index) =>
        (index % 2 === 0 ? fixture.api : second.api).handle(joinRequest(body)),
      ),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 401)).toHaveLength(49);
    expect(await fixture.store.listKeys(cluster.id)).toHaveLength(1);
  });

  it('I2: is refused after another agent used the token', async () => {
    await post(await joinBody(createAgent(), joinToken));
    const answer = await post(await joinBody(createAgent(), joinToken));
    expect(answer.status).toBe(401);
    expect(bodyOf(answer)).toEqual(failure(401, 'Unauthorized'));
    expect(headerOf(answer, 'www-authenticate')).toContain('Bearer');
  });

  it('I2: is refused when the token has expired', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS });
    expect((await post(await joinBody(createAgent(), joinToken))).status).toBe(401);
  });
});

describe('I7: a join whose proof does not fit is refused and leaves the token usable:', () => {
  const agent = createAgent();
  const other = createAgent();
  const another = `ccjt_${'A'.repeat(43)}`;
  const proofOf = async (changes: Partial<Parameters<typeof createJoinProof>[0]>): Promise<object> => ({
    proof: await createJoinProof({
      privateKey: agent.privateKey,
      joinToken,
      audience: PUBLIC_URL,
      ...changes,
    }),
  });

  it.each<[string, () => Promise<object>]>([
    ['the key of somebody else', async () => ({ publicKey: other.publicKey })],
    ['a proof by another key', async () => proofOf({ privateKey: other.privateKey })],
    ['a proof for another token', async () => proofOf({ joinToken: another })],
    ['a proof for another gateway', async () => proofOf({ audience: 'https://evil.example' })],
    ['an old proof', async () => proofOf({ nowMs: Date.now() - HOUR_MS })],
    ['a proof from the future', async () => proofOf({ nowMs: Date.now() + HOUR_MS })],
    ['no proof', async () => ({ proof: '' })],
    [
      'alg none',
      async () => ({ proof: `${b64({ alg: 'none', typ: 'cluster-connect-join+jwt' })}.${b64({})}.` }),
    ],
    ['a key of another curve', async () => ({ publicKey: { ...agent.publicKey, crv: 'X25519' } })],
    ['a symmetric key', async () => ({ publicKey: { kty: 'oct' } })],
    ['an empty key', async () => ({ publicKey: {} })],
  ])('%s', async (_, changes) => {
    const answer = await post(await joinBody(agent, joinToken, await changes()));
    expect(bodyOf(answer)).toEqual(failure(401, 'Unauthorized'));
    expect(await fixture.store.listKeys(cluster.id)).toEqual([]);
    expect((await post(await joinBody(agent, joinToken))).status).toBe(200);
  });
});

describe('a join that the store refuses for another reason', () => {
  it('I5: is 403 for a revoked key', async () => {
    const agent = createAgent();
    await post(await joinBody(agent, joinToken));
    await fixture.store.revokeKey(cluster.id, await keyThumbprint(agent.privateKey));
    expect(bodyOf(await post(await joinBody(agent, joinToken)))).toEqual(failure(403, 'Forbidden'));
  });

  it("I3: is 409 for another cluster's key", async () => {
    const agent = createAgent();
    await post(await joinBody(agent, joinToken));
    await fixture.store.addCluster('factory-2');
    const second = await fixture.store.issueJoinToken('factory-2', HOUR_MS);
    expect(bodyOf(await post(await joinBody(agent, second)))).toEqual(failure(409, 'Conflict'));
  });

  it('is 500 without details when the disk fails', async () => {
    const redeemJoinToken = async (): Promise<Cluster> => {
      throw new StoreError('CC_ERR_STORE_UNAVAILABLE', 'disk I/O error at /secret/path');
    };
    const store = { ...fixture.store, redeemJoinToken };
    const api = createManagementApi({ store, publicUrl: PUBLIC_URL, logger: silentLogger });
    const answer = await api.handle(joinRequest(await joinBody(createAgent(), joinToken)));
    expect(bodyOf(answer)).toEqual(failure(500, 'InternalError'));
    expect(answer.body.toString()).not.toContain('disk');
  });
});

describe('a body that is not exactly a join request is 400:', () => {
  const publicKey = { kty: 'OKP', crv: 'Ed25519', x: 'eA' };
  const good = { joinToken: 't', publicKey, proof: 'p' };
  const text = JSON.stringify(good);

  it.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['no JSON', '{'],
    ['bytes after it', `${text}x`],
    ['a byte order mark', `\uFEFF${text}`],
    ['no UTF-8', Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"\xff":1}', 'latin1')])],
    ['an array', `[${text}]`],
    ['null', 'null'],
    ['a string', '"x"'],
    ['an unknown member', JSON.stringify({ ...good, clusterName: 'mine' })],
    ['a member in other case', JSON.stringify({ ...good, JoinToken: 'x' })],
    ['a missing token', JSON.stringify({ publicKey, proof: 'p' })],
    ['a missing proof', JSON.stringify({ joinToken: 't', publicKey })],
    ['a missing key', JSON.stringify({ joinToken: 't', proof: 'p' })],
    ['a token that is no string', JSON.stringify({ ...good, joinToken: ['t'] })],
    ['a proof that is no string', JSON.stringify({ ...good, proof: {} })],
    ['a key that is no object', JSON.stringify({ ...good, publicKey: 'k' })],
    ['a key that is an array', JSON.stringify({ ...good, publicKey: [publicKey] })],
    ['a private key', JSON.stringify({ ...good, publicKey: { ...publicKey, d: 'x' } })],
    ['a key with nested members', JSON.stringify({ ...good, publicKey: { ...publicKey, x: { y: 'z' } } })],
    ['J5: a token twice', text.replace('{', '{"joinToken":"first",')],
    ['J5: a proof twice, once escaped', text.replace('{', '{"pr\\u006fof":"first",')],
    ['J5: a key member twice', text.replace('"kty"', '"x":"first","kty"')],
    ['J5: a key twice', text.replace('{', '{"publicKey":{},')],
    ['__proto__', text.replace('{', '{"__proto__":{},')],
  ])('%s', async (_, body) => {
    const answer = await post(body);
    expect(bodyOf(answer)).toEqual(failure(400, 'BadRequest'));
  });

  it('but whitespace, colons and escapes within strings are no harm', async () => {
    const spaced = JSON.stringify({ ...good, joinToken: 'a:"b\\:' }, undefined, 2);
    expect((await post(spaced)).status).toBe(401);
  });
});

describe('the content type', () => {
  it.each<[boolean, string[]]>([
    [true, ['Content-Type', 'application/json']],
    [true, ['content-type', 'Application/JSON; charset=utf-8']],
    [false, []],
    [false, ['Content-Type', 'text/plain']],
    [false, ['Content-Type', 'application/x-www-form-urlencoded']],
    [false, ['Content-Type', 'application/json; charset=utf-16']],
    [false, ['Content-Type', 'application/json-patch+json']],
    [false, ['Content-Type', 'application/json', 'Content-Type', 'application/json']],
    [false, ['Content-Type', 'application/json', 'Content-Encoding', 'gzip']],
    [false, ['X-Other', 'Content-Type', 'application/json', 'x']],
  ])('is accepted %s: %j', async (accepted, headers) => {
    const body = await joinBody(createAgent(), joinToken);
    const answer = await fixture.api.handle(joinRequest(body, { headers }));
    expect(answer.status).toBe(accepted ? 200 : 415);
  });
});

describe('L1: a join token', () => {
  it('is neither echoed nor logged, whatever happens to it', async () => {
    const canary = `ccjt_${createHash('sha256').update('canary').digest('base64url')}`;
    const agent = createAgent();
    const bodies = [
      await joinBody(agent, joinToken),
      await joinBody(createAgent(), joinToken),
      await joinBody(agent, canary),
      await joinBody(agent, canary, { proof: canary }),
      await joinBody(agent, canary, { publicKey: { kty: canary } }),
      `{"joinToken":"${canary}"`,
      `{"joinToken":"${canary}","${canary}":1}`,
    ];
    const answers = await Promise.all(bodies.map(async (body) => post(body)));
    const seen = [
      ...answers.map((answer) => answer.body.toString() + answer.headers.join()),
      ...fixture.lines,
    ].join('\n');
    expect(fixture.lines.some((line) => line.startsWith('api.join.accepted'))).toBe(true);
    expect(fixture.lines.some((line) => line.startsWith('api.join.refused'))).toBe(true);
    expect(seen).not.toContain(canary.slice(5));
    expect(seen).not.toContain(joinToken.slice(5));
  });
});

function b64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
