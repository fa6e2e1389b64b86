// The contract of ClusterStore, held against the SQLite file that is its default.
import { generateKeyPairSync } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDatabaseFile } from '../../../gateway/store/database-file.ts';
import {
  MAX_CLUSTERS,
  MAX_JOIN_TOKEN_LIFETIME_MS,
  MAX_KEYS_PER_CLUSTER,
  MAX_LIVE_JOIN_TOKENS_PER_CLUSTER,
  openStore,
} from '../../../gateway/store/index.ts';
import type { Cluster, ClusterStore } from '../../../gateway/store/index.ts';

const HOUR_MS = 3_600_000;
const publicKey: JsonWebKey = { kty: 'OKP', crv: 'Ed25519', x: 'eA' };
const code = (reason: string): unknown => expect.objectContaining({ code: `CC_ERR_STORE_${reason}` });

let parent: string;
let file: string;
let store: ClusterStore;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'cc-store-'));
  file = join(parent, 'data', 'gateway.db');
  store = openStore(file);
});
afterEach(async () => {
  vi.useRealTimers();
  await store.close();
  rmSync(parent, { recursive: true, force: true });
});

const redeem = async (joinToken: string, thumbprint: string, nowMs = Date.now()): Promise<Cluster> =>
  store.redeemJoinToken({ joinToken, thumbprint, publicKey, nowMs });
/** Adds keys `k0`, `k1`… to a cluster. */
const addKeys = async (clusterName: string, count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await redeem(await store.issueJoinToken(clusterName, HOUR_MS), `k${index}`);
  }
};

describe('the file', () => {
  it('L2: has mode 0600, with its log, in a directory of mode 0700', async () => {
    await store.addCluster('a');
    const files = readdirSync(join(parent, 'data'));
    expect(files).toContain('gateway.db-wal');
    for (const name of files)
      expect([name, statSync(join(parent, 'data', name)).mode & 0o777]).toEqual([name, 0o600]);
    expect(statSync(join(parent, 'data')).mode & 0o777).toBe(0o700);
  });

  it('L2: is closed to others again when it was opened to them', async () => {
    await store.close();
    chmodSync(file, 0o664);
    store = openStore(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('keeps everything over a restart', async () => {
    const cluster = await store.addCluster('a');
    const unused = await store.issueJoinToken('a', HOUR_MS);
    await redeem(await store.issueJoinToken('a', HOUR_MS), 'key');
    await store.close();
    store = openStore(file);
    expect(await store.getClusterByName('a')).toEqual(cluster);
    expect(await store.publicKeyOf(cluster.id, 'key')).toEqual(publicKey);
    expect(await redeem(unused, 'another')).toEqual(cluster);
  });

  it('shows what another opener committed, at once', async () => {
    const other = openStore(file);
    const cluster = await other.addCluster('a');
    expect(await store.getClusterById(cluster.id)).toEqual(cluster);
    await other.close();
  });

  it('is flushed to disk at each commit, and its references are checked', () => {
    const database = openDatabaseFile(file);
    const pragma = (name: string): unknown =>
      Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect(pragma('journal_mode')).toBe('wal');
    const full = 2;
    expect(pragma('synchronous')).toBe(full);
    expect(pragma('foreign_keys')).toBe(1);
    expect(pragma('busy_timeout')).toBe(5000);
    database.close();
  });

  it('is refused when a newer release has written it', async () => {
    await store.close();
    const database = new DatabaseSync(file);
    database.exec('INSERT INTO schema_versions (version, applied_at_ms) VALUES (999, 0)');
    database.close();
    expect(() => openStore(file)).toThrow(code('SCHEMA_NEWER'));
  });

  it('is refused when it is no database, and left as it is', () => {
    const text = join(parent, 'notes.txt');
    writeFileSync(text, 'no database at all, but long enough to look at'.repeat(100));
    expect(() => openStore(text)).toThrow(code('UNAVAILABLE'));
    expect(readFileSync(text, 'utf8')).toMatch(/^no database/);
  });

  it('is refused, with its name, when the disk does not give it', () => {
    writeFileSync(join(parent, 'plain'), '');
    const inside = join(parent, 'plain', 'gateway.db');
    expect(() => openStore(inside)).toThrow(
      expect.objectContaining({ code: 'CC_ERR_STORE_UNAVAILABLE', message: expect.stringContaining(inside) }),
    );
  });

  it('tells of a damaged row with a code', async () => {
    const { id } = await store.addCluster('a');
    await redeem(await store.issueJoinToken('a', HOUR_MS), 'key');
    const database = new DatabaseSync(file);
    database.exec(`UPDATE agent_keys SET public_jwk = '{"kty":1}'`);
    await expect(store.publicKeyOf(id, 'key')).rejects.toThrow(code('ROW_INVALID'));
    database.exec(`UPDATE agent_keys SET public_jwk = 'no JSON'`);
    await expect(store.publicKeyOf(id, 'key')).rejects.toThrow(code('ROW_INVALID'));
    database.close();
  });

  it('can be closed twice, and says so when it is used afterwards', async () => {
    await store.close();
    await store.close();
    await expect(store.listClusters()).rejects.toThrow(code('UNAVAILABLE'));
  });
});

describe('clusters', () => {
  it.each(['a', '0', 'a-b', 'x'.repeat(63)])('may be called %s', async (name) => {
    const added = await store.addCluster(name);
    expect(added).toMatchObject({ name, id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(await store.getClusterByName(name)).toEqual(added);
    expect(await store.getClusterById(added.id)).toEqual(added);
  });

  it.each(['', 'A', 'a_b', '-a', 'a-', 'a.b', 'x'.repeat(64), 'a\n', 'ä', '*', '../a'])(
    'may not be called %j',
    async (name) => {
      await expect(store.addCluster(name)).rejects.toThrow(code('CLUSTER_NAME_INVALID'));
      expect(await store.listClusters()).toEqual([]);
    },
  );

  it('have names of their own', async () => {
    const first = await store.addCluster('a');
    await expect(store.addCluster('a')).rejects.toThrow(code('CLUSTER_EXISTS'));
    expect(await store.listClusters()).toEqual([first]);
  });

  it('are listed by name', async () => {
    for (const name of ['b', 'c', 'a']) {
      // oxlint-disable-next-line no-await-in-loop -- their order is the point
      await store.addCluster(name);
    }
    expect((await store.listClusters()).map((cluster) => cluster.name)).toEqual(['a', 'b', 'c']);
  });

  it('that are unknown are undefined', async () => {
    expect(await store.getClusterByName('a')).toBeUndefined();
    expect(await store.getClusterById('a')).toBeUndefined();
    expect(await store.removeCluster('a')).toBe(false);
  });

  it('take their keys and join tokens along when they are removed, and never come back under their id', async () => {
    const old = await store.addCluster('a');
    const joinToken = await store.issueJoinToken('a', HOUR_MS);
    await addKeys('a', 1);
    expect(await store.removeCluster('a')).toBe(true);
    const again = await store.addCluster('a');
    expect(again.id).not.toBe(old.id);
    expect(await store.publicKeyOf(old.id, 'k0')).toBeUndefined();
    expect(await store.publicKeyOf(again.id, 'k0')).toBeUndefined();
    await expect(redeem(joinToken, 'key')).rejects.toThrow(code('JOIN_TOKEN_REFUSED'));
  });

  it('are limited in number', async () => {
    const database = new DatabaseSync(file);
    database.exec(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MAX_CLUSTERS - 1})
       INSERT INTO clusters (id, name, created_at_ms) SELECT 'id' || i, 'name' || i, 0 FROM n`,
    );
    database.close();
    await store.addCluster('last');
    await expect(store.addCluster('one-more')).rejects.toThrow(code('LIMIT_CLUSTERS'));
  });
});

describe('join tokens', () => {
  beforeEach(async () => {
    await store.addCluster('a');
  });

  it('are random, with a prefix that scanners know', async () => {
    const joinTokens = await Promise.all(
      Array.from({ length: 10 }, () => store.issueJoinToken('a', HOUR_MS)),
    );
    expect(new Set(joinTokens).size).toBe(10);
    for (const joinToken of joinTokens) expect(joinToken).toMatch(/^ccjt_[\w-]{43}$/);
  });

  it('I2: are hashed at rest', async () => {
    const joinToken = await store.issueJoinToken('a', HOUR_MS);
    await redeem(joinToken, 'key');
    await store.close();
    const bytes = readdirSync(join(parent, 'data')).map((name) =>
      readFileSync(join(parent, 'data', name), 'latin1'),
    );
    expect(bytes.join('')).not.toContain(joinToken.slice(5));
    store = openStore(file);
  });

  it('are only for clusters that exist', async () => {
    await expect(store.issueJoinToken('b', HOUR_MS)).rejects.toThrow(code('CLUSTER_UNKNOWN'));
  });

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_JOIN_TOKEN_LIFETIME_MS + 1])(
    'do not last %s ms',
    async (lifetimeMs) => {
      await expect(store.issueJoinToken('a', lifetimeMs)).rejects.toThrow(code('LIFETIME_INVALID'));
    },
  );

  it('are limited for each cluster, until they are used or expire', async () => {
    const nowMs = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
    const joinTokens = await Promise.all(
      Array.from({ length: MAX_LIVE_JOIN_TOKENS_PER_CLUSTER }, () => store.issueJoinToken('a', HOUR_MS)),
    );
    await expect(store.issueJoinToken('a', HOUR_MS)).rejects.toThrow(code('LIMIT_JOIN_TOKENS'));
    await store.addCluster('b');
    await store.issueJoinToken('b', HOUR_MS);
    await redeem(joinTokens[0] ?? '', 'key');
    await store.issueJoinToken('a', HOUR_MS);
    await expect(store.issueJoinToken('a', HOUR_MS)).rejects.toThrow(code('LIMIT_JOIN_TOKENS'));
    vi.setSystemTime(nowMs + HOUR_MS);
    await store.issueJoinToken('a', HOUR_MS);
  });
});

describe('redeeming', () => {
  let cluster: Cluster;
  let joinToken: string;
  beforeEach(async () => {
    cluster = await store.addCluster('a');
    joinToken = await store.issueJoinToken('a', HOUR_MS);
  });

  it('registers the public members of the key under its thumbprint, for that cluster only', async () => {
    const { publicKey: pair } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = pair.export({ format: 'jwk' });
    const sent = { ...jwk, d: 'never', kid: 'x' };
    expect(await store.redeemJoinToken({ joinToken, thumbprint: 'key', publicKey: sent, nowMs: 1 })).toEqual(
      cluster,
    );
    expect(await store.publicKeyOf(cluster.id, 'key')).toEqual(jwk);
    const other = await store.addCluster('b');
    expect(await store.publicKeyOf(other.id, 'key')).toBeUndefined();
    expect(await store.publicKeyOf('a', 'key')).toBeUndefined();
    expect(await store.listKeys(cluster.id)).toEqual([
      { clusterId: cluster.id, thumbprint: 'key', publicKey: jwk, registeredAtMs: 1 },
    ]);
  });

  it('I2: of fifty redemptions at once, one registers', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => redeem(joinToken, `k${index}`)),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toEqual(code('JOIN_TOKEN_REFUSED'));
    }
    expect(await store.listKeys(cluster.id)).toHaveLength(1);
  });

  it.each<[string, (good: string) => string]>([
    ['an empty text', () => ''],
    ['an unknown token', () => `ccjt_${'A'.repeat(43)}`],
    ['another prefix', (good) => good.replace('ccjt', 'ccju')],
    ['other case', (good) => good.toUpperCase()],
    ['a character more', (good) => `${good}A`],
    ['a line end', (good) => `${good}\n`],
    ['SQL', () => "ccjt_' OR 1=1 --"],
  ])('I2: refuses %s', async (_, change) => {
    await expect(redeem(change(joinToken), 'key')).rejects.toThrow(code('JOIN_TOKEN_REFUSED'));
    expect(await store.listKeys(cluster.id)).toEqual([]);
    expect(await redeem(joinToken, 'key')).toEqual(cluster);
  });

  it('I2: refuses an expired token, from its last millisecond on', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const short = await store.issueJoinToken('a', 5000);
    await expect(redeem(short, 'key', 1_005_000)).rejects.toThrow(code('JOIN_TOKEN_REFUSED'));
    expect(await redeem(short, 'key', 1_004_999)).toEqual(cluster);
  });

  it('may be repeated by the same key until the token expires, and by no other', async () => {
    const nowMs = Date.now();
    await redeem(joinToken, 'key', nowMs);
    expect(await redeem(joinToken, 'key', nowMs + 1000)).toEqual(cluster);
    await expect(redeem(joinToken, 'other', nowMs)).rejects.toThrow(code('JOIN_TOKEN_REFUSED'));
    await expect(redeem(joinToken, 'key', nowMs + 2 * HOUR_MS)).rejects.toThrow(code('JOIN_TOKEN_REFUSED'));
    expect(await store.listKeys(cluster.id)).toHaveLength(1);
  });

  it('I4: leaves the keys of the running agents good', async () => {
    await redeem(joinToken, 'first');
    await redeem(await store.issueJoinToken('a', HOUR_MS), 'second');
    expect(await store.publicKeyOf(cluster.id, 'first')).toEqual(publicKey);
    expect(await store.publicKeyOf(cluster.id, 'second')).toEqual(publicKey);
  });

  it('uses the token up when the cluster has that key already', async () => {
    await redeem(joinToken, 'key');
    const second = await store.issueJoinToken('a', HOUR_MS);
    expect(await redeem(second, 'key')).toEqual(cluster);
    await expect(redeem(second, 'other')).rejects.toThrow(code('JOIN_TOKEN_REFUSED'));
  });

  it('I3: does not register the key of another cluster, and leaves the token usable', async () => {
    await redeem(joinToken, 'key');
    await store.addCluster('b');
    const other = await store.issueJoinToken('b', HOUR_MS);
    await expect(redeem(other, 'key')).rejects.toThrow(code('KEY_TAKEN'));
    expect(await redeem(other, 'key-of-b')).toMatchObject({ name: 'b' });
  });

  it('leaves nothing behind when it fails half way', async () => {
    const huge = { ...publicKey, x: 'x'.repeat(2000) };
    await expect(
      store.redeemJoinToken({ joinToken, thumbprint: 'key', publicKey: huge, nowMs: Date.now() }),
    ).rejects.toThrow(RangeError);
    expect(await store.listKeys(cluster.id)).toEqual([]);
    expect(await redeem(joinToken, 'key')).toEqual(cluster);
  });

  it('is limited to a number of good keys for each cluster', async () => {
    await addKeys('a', MAX_KEYS_PER_CLUSTER - 1);
    const spare = await store.issueJoinToken('a', HOUR_MS);
    await redeem(joinToken, 'last');
    await expect(redeem(spare, 'one-more')).rejects.toThrow(code('LIMIT_KEYS'));
    await expect(store.issueJoinToken('a', HOUR_MS)).rejects.toThrow(code('LIMIT_KEYS'));
    await store.revokeKey(cluster.id, 'last');
    expect(await redeem(spare, 'one-more')).toEqual(cluster);
  });
});

describe('revoking', () => {
  it('I5: ends a key at once and for good, and leaves the others', async () => {
    const cluster = await store.addCluster('a');
    const joinToken = await store.issueJoinToken('a', HOUR_MS);
    await redeem(joinToken, 'bad');
    await redeem(await store.issueJoinToken('a', HOUR_MS), 'good');
    expect(await store.revokeKey(cluster.id, 'bad')).toBe(true);
    expect(await store.revokeKey(cluster.id, 'bad')).toBe(false);
    expect(await store.revokeKey('another', 'good')).toBe(false);
    expect(await store.publicKeyOf(cluster.id, 'bad')).toBeUndefined();
    expect(await store.publicKeyOf(cluster.id, 'good')).toEqual(publicKey);
    await expect(redeem(joinToken, 'bad')).rejects.toThrow(code('KEY_REVOKED'));
    const another = await store.issueJoinToken('a', HOUR_MS);
    await expect(redeem(another, 'bad')).rejects.toThrow(code('KEY_REVOKED'));
    expect(await store.publicKeyOf(cluster.id, 'bad')).toBeUndefined();
    expect(
      (await store.listKeys(cluster.id)).find((key) => key.thumbprint === 'bad')?.revokedAtMs,
    ).toBeTypeOf('number');
  });
});
