// curl through the relay and straight to the apiserver: the same status, the same heads, the same bytes.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bindClusterAdmin, configMap, createNamespace, incompressibleText } from '../cluster-objects.ts';
import { NORMALISERS } from '../compare.ts';
import { CLUSTER_NAME, startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { createCurl, findCurl } from './curl.ts';
import type { Curl, CurlAnswer } from './curl.ts';
import { FROM_INPUT, JSON_BODY, KIB, MEGABYTES, review, REVIEWS, rowsOf } from './curl-rows.ts';
import type { Row } from './curl-rows.ts';

interface CurlPair {
  readonly direct: Curl;
  readonly relayed: Curl;
}

let relay: Relay;
let pairs: { readonly alice: CurlPair; readonly bob: CurlPair };
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  const controlPlane = inject('controlPlane');
  const file = await findCurl(relay.directory);
  const pairOf = (name: string): CurlPair => {
    const { name: user, groups, extra } = relay.actingAs(name);
    const folder = join(relay.directory, `curl-${name}`);
    mkdirSync(folder);
    return {
      direct: createCurl(file, join(folder, 'direct'), {
        server: controlPlane.server,
        caPem: controlPlane.caPem,
        clientCertificate: controlPlane.admin,
        headers: [
          `Impersonate-User: ${user}`,
          ...groups.map((group) => `Impersonate-Group: ${group}`),
          ...Object.entries(extra).flatMap(([key, values]) =>
            values.map((value) => `Impersonate-Extra-${key}: ${value}`),
          ),
        ],
      }),
      relayed: createCurl(file, join(folder, 'relayed'), {
        server: relay.gateway.url,
        caPem: relay.gateway.authorityPem,
        serverName: `${CLUSTER_NAME}.cluster-connect.internal`,
        headers: [`Authorization: Bearer ${relay.entra.issueToken({ user: name })}`],
      }),
    };
  };
  pairs = { alice: pairOf('alice'), bob: pairOf('bob') };
});
afterAll(() => relay.close());

// Of one hop, or of one answer.
const OWN_HEADERS = new Set(['date', 'audit-id', 'connection']);

/** All that two answers to the same question have in common. */
function comparable(answer: CurlAnswer) {
  const text = (value: string): string =>
    NORMALISERS.timestamp(NORMALISERS.uid(value))
      .replaceAll(/\bcurl-[12]-(direct|relays)\b/g, 'NAMESPACE')
      .replaceAll(/"resourceVersion":( ?)"\d+"/g, '"resourceVersion":$1"N"');
  const { length } = answer.body;
  const headers = answer.headers
    .filter(([name]) => !OWN_HEADERS.has(name))
    // Go states the length of a body that its buffer holds, and HTTP/2's is larger. A wrong length curl reports itself.
    .filter(([name, value]) => name !== 'content-length' || length === 0 || value !== String(length))
    .map(([name, value]) => `${name}: ${value}`);
  const { exitCode, stderr, statuses, httpVersion, body } = answer;
  return {
    head: { exitCode, stderr, statuses, httpVersion, headers: headers.toSorted() },
    body: text(body.toString('latin1')),
  };
}

/** Where two bodies part, with what is around it: a body of megabytes tells nobody anything. */
function firstDifference(one: string, other: string): readonly [string, string] | undefined {
  if (one === other) return undefined;
  let at = 0;
  while (one[at] === other[at]) at += 1;
  return [one.slice(Math.max(0, at - 40), at + 40), other.slice(Math.max(0, at - 40), at + 40)];
}

describe.each([
  ['HTTP/1.1', '1.1', ['--http1.1']],
  ['HTTP/2', '2', ['--http2']],
] as const)('over %s', (_, httpVersion, versionArgs) => {
  // Names of one length, so that lengths are alike.
  const names = { direct: `curl-${httpVersion[0]}-direct`, relayed: `curl-${httpVersion[0]}-relays` };
  beforeAll(async () => {
    await createNamespace(relay.admin, names.direct);
    await createNamespace(relay.admin, names.relayed);
  });

  const ask = (pair: CurlPair, of: (namespace: string) => Row) =>
    Promise.all(
      (['direct', 'relayed'] as const).map(async (side) => {
        const { target, args = [], input } = of(names[side]);
        return await pair[side].send(target, [...versionArgs, ...args], input);
      }),
    );
  const expectSame = async (pair: CurlPair, of: (namespace: string) => Row): Promise<CurlAnswer> => {
    const [direct, relayed] = await ask(pair, of);
    if (direct === undefined || relayed === undefined) throw new RangeError('two answers');
    const [expected, actual] = [comparable(direct), comparable(relayed)];
    expect(actual.head).toEqual(expected.head);
    expect(firstDifference(actual.body, expected.body)).toBeUndefined();
    const { status, shows } = of(names.relayed);
    expect({ ...relayed, body: '' }).toMatchObject({ exitCode: 0, status, httpVersion });
    if (shows !== undefined) expect(relayed.body.includes(Buffer.from(shows, 'latin1'))).toBe(true);
    return relayed;
  };

  test.each(rowsOf('').map(({ title }, index) => [title, index] as const))('%s', async (_, index) => {
    await expectSame(pairs.alice, (namespace) => {
      const row = rowsOf(namespace)[index];
      if (row === undefined) throw new RangeError('no such row');
      return row;
    });
  });

  test('an answer that RBAC refuses', async () => {
    await expectSame(pairs.bob, (namespace) => ({
      title: 'forbidden',
      target: `/api/v1/namespaces/${namespace}/secrets`,
      status: 403,
      shows: 'cannot list resource',
    }));
  });

  test('a body over 1 MB is asked for with 100 Continue, and echoed whole', async () => {
    const name = MEGABYTES.slice(0, 2000 * KIB);
    const answer = await expectSame(pairs.alice, () => ({
      title: 'Expect',
      target: REVIEWS,
      args: [...JSON_BODY, '--header', 'Expect: 100-continue', '--expect100-timeout', '30', ...FROM_INPUT],
      input: review(name),
      status: 201,
      shows: name,
    }));
    expect(answer.statuses).toContain(201);
  });

  test('the compressed bytes themselves are the apiserver’s', async () => {
    const maps = `/api/v1/namespaces/${names.direct}/configmaps`;
    await relay.admin.create(maps, configMap('large', { blob: incompressibleText(300 * KIB, 9) }));
    const answer = await expectSame(pairs.alice, () => ({
      title: 'gzip',
      target: maps,
      args: ['--header', 'Accept-Encoding: gzip'],
      status: 200,
    }));
    expect(answer.headers).toContainEqual(['content-encoding', 'gzip']);
    expect(answer.body.length).toBeLessThan(300 * KIB);
  });

  test('a watch shows each event when it happens, and ends when its time is up', async () => {
    const maps = `/api/v1/namespaces/${names.direct}/configmaps`;
    const target = `${maps}?watch=1&timeoutSeconds=30&fieldSelector=metadata.name%3Dwatched`;
    const watchers = [pairs.alice.direct, pairs.alice.relayed].map((curl) =>
      curl.start(target, [...versionArgs, '--no-buffer']),
    );
    const bothShow = (type: string) =>
      Promise.all(
        watchers.map((watcher) =>
          watcher.printed((text) => text.includes(`"type":"${type}"`) && text.endsWith('}\n')),
        ),
      );
    await relay.admin.create(maps, configMap('watched', { step: '0' }));
    await bothShow('ADDED');
    await relay.admin.send(
      'PUT',
      `${maps}/watched`,
      configMap('watched', { blob: randomBytes(100_000).toString('hex') }),
    );
    await bothShow('MODIFIED');
    await relay.admin.send('DELETE', `${maps}/watched`);
    await bothShow('DELETED');
    for (const watcher of watchers) watcher.interrupt();
    const [direct, relayed] = await Promise.all(watchers.map(({ ended }) => ended));
    expect(relayed).toEqual(direct);
  });

  test('a watch that the apiserver ends is a whole answer', async () => {
    const answer = await expectSame(pairs.alice, () => ({
      title: 'a watch of one second',
      target: `/api/v1/namespaces/${names.direct}/configmaps?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dlarge`,
      status: 200,
    }));
    expect(answer.exitCode).toBe(0);
  });
});
