import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, listAt, numberAt, objectAt, textAt } from '../../../demo/apiserver/json.ts';
import { APPS, CORE, configMap, names, pod, startTestServer } from './support.ts';
import type { TestServer } from './support.ts';

const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const APPLY = 'application/apply-patch+yaml';
const MAPS = `${CORE}/configmaps`;

describe('objects of the stand-in', () => {
  let standin: TestServer;
  beforeAll(async () => {
    standin = await startTestServer();
  });
  afterAll(() => standin.close());

  it('creates, reads, replaces and deletes, with a new version for every write', async () => {
    const created = await standin.call('POST', MAPS, { body: configMap('whole', { a: '1' }) });
    expect(created.status).toBe(201);
    expect(textAt(created.json, 'metadata', 'uid')).toMatch(/^[\da-f-]{36}$/);
    const read = await standin.call('GET', `${MAPS}/whole`);
    expect(read.json).toEqual(created.json);
    const replaced = await standin.call('PUT', `${MAPS}/whole`, { body: configMap('whole', { a: '2' }) });
    expect(at(replaced.json, 'data')).toEqual({ a: '2' });
    const version = (answer: { json: typeof read.json }) =>
      Number(textAt(answer.json, 'metadata', 'resourceVersion'));
    expect(version(replaced)).toBeGreaterThan(version(created));
    const removed = await standin.call('DELETE', `${MAPS}/whole`);
    expect(removed.json).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'whole', kind: 'configmaps' },
    });
    expect((await standin.call('GET', `${MAPS}/whole`)).json).toMatchObject({
      reason: 'NotFound',
      message: 'configmaps "whole" not found',
      details: { name: 'whole', kind: 'configmaps' },
      code: 404,
    });
  });

  it('refuses a replacement of an older version with 409', async () => {
    const { json } = await standin.call('POST', MAPS, { body: configMap('raced') });
    const version = textAt(json, 'metadata', 'resourceVersion');
    const body = { metadata: { name: 'raced', resourceVersion: version }, data: { winner: 'first' } };
    expect((await standin.call('PUT', `${MAPS}/raced`, { body })).status).toBe(200);
    const loser = await standin.call('PUT', `${MAPS}/raced`, { body });
    expect(loser.json).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "raced": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  it('keeps the version of an object that a write leaves as it was', async () => {
    const created = await standin.call('POST', MAPS, { body: configMap('still', { a: '1' }) });
    const again = await standin.call('PATCH', `${MAPS}/still`, {
      body: { data: { a: '1' } },
      contentType: MERGE,
    });
    expect(again.json).toEqual(created.json);
  });

  it('makes a name from generateName', async () => {
    const { json } = await standin.call('POST', MAPS, { body: { metadata: { generateName: 'made-' } } });
    expect(textAt(json, 'metadata', 'name')).toMatch(/^made-[a-z0-9]{5}$/);
  });

  it('never takes uid, times or status from a client', async () => {
    const metadata = {
      name: 'forged',
      uid: 'mine',
      creationTimestamp: '2000-01-01T00:00:00Z',
      generation: 7,
    };
    const body = { ...pod('forged'), metadata, status: { phase: 'Running', podIP: '1.2.3.4' } };
    const { json } = await standin.call('POST', `${CORE}/pods?dryRun=All`, { body });
    expect(textAt(json, 'metadata', 'uid')).toBe('');
    expect(numberAt(json, 'metadata', 'generation')).toBe(1);
    expect(at(json, 'status')).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  it('stores nothing on a dry run, and refuses what it would refuse', async () => {
    expect((await standin.call('POST', `${MAPS}?dryRun=All`, { body: configMap('dry') })).status).toBe(201);
    expect((await standin.call('GET', `${MAPS}/dry`)).status).toBe(404);
    expect((await standin.call('POST', `${MAPS}?dryRun=All`, { body: configMap('Bad_Name') })).status).toBe(
      422,
    );
    await standin.call('POST', MAPS, { body: configMap('kept') });
    expect((await standin.call('DELETE', `${MAPS}/kept?dryRun=All`)).status).toBe(200);
    expect((await standin.call('GET', `${MAPS}/kept`)).status).toBe(200);
  });

  it.each([
    [MERGE, { data: { a: null, c: '3' } }, { b: '2', c: '3' }],
    [STRATEGIC, { data: { a: null, c: '3' } }, { b: '2', c: '3' }],
    [
      JSON_PATCH,
      [
        { op: 'remove', path: '/data/a' },
        { op: 'add', path: '/data/c', value: '3' },
      ],
      { b: '2', c: '3' },
    ],
  ])('patches by %s', async (contentType, body, data) => {
    const name = `patched-${contentType.split('/')[1]?.split('+')[0]}`;
    await standin.call('POST', MAPS, { body: configMap(name, { a: '1', b: '2' }) });
    const { status, json } = await standin.call('PATCH', `${MAPS}/${name}`, { body, contentType });
    expect(status).toBe(200);
    expect(at(json, 'data')).toEqual(data);
  });

  it('merges containers by name in a strategic merge patch, and env by name within', async () => {
    const template = { metadata: { labels: { app: 'm' } }, spec: pod('m').spec };
    const spec = { replicas: 0, selector: { matchLabels: { app: 'm' } }, template };
    await standin.call('POST', `${APPS}/deployments`, { body: { metadata: { name: 'm' }, spec } });
    const env = [
      { name: 'EXTRA', value: '1' },
      { name: 'GREETING', $patch: 'delete' },
    ];
    const containers = [
      { name: 'main', env },
      { name: 'side', image: 'nginx' },
    ];
    const body = { spec: { template: { spec: { containers } } } };
    const { json } = await standin.call('PATCH', `${APPS}/deployments/m`, { body, contentType: STRATEGIC });
    const merged = listAt(json, 'spec', 'template', 'spec', 'containers');
    expect(merged.map((item) => textAt(item, 'name'))).toEqual(['main', 'side']);
    expect(merged[0]).toMatchObject({ image: 'busybox', env: [{ name: 'EXTRA', value: '1' }] });
    expect(numberAt(json, 'metadata', 'generation')).toBe(2);
  });

  it('applies on the server side: creates, takes away what is no longer applied, and names conflicts', async () => {
    const apply = (manager: string, data: object, force = false) =>
      standin.call('PATCH', `${MAPS}/applied?fieldManager=${manager}&force=${force}`, {
        contentType: APPLY,
        body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' }, data }),
      });
    expect((await apply('one', { a: '1', b: '2' })).status).toBe(201);
    expect(at((await apply('one', { a: '1' })).json, 'data')).toEqual({ a: '1' });
    const conflict = await apply('two', { a: 'other' });
    expect(conflict.json).toMatchObject({ code: 409, details: { causes: [{ field: '.data.a' }] } });
    expect(at((await apply('two', { a: 'other' }, true)).json, 'data')).toEqual({ a: 'other' });
  });

  it('drops unknown fields with a warning by default, and refuses them when validation is strict', async () => {
    const body = { ...configMap('unknown'), nonsense: 1 };
    const strict = await standin.call('POST', `${MAPS}?fieldValidation=Strict`, { body });
    expect(strict.status).toBe(400);
    expect(textAt(strict.json, 'message')).toContain('strict decoding error: unknown field "nonsense"');
    const warned = await standin.call('POST', MAPS, { body });
    expect(warned.headers['warning']).toBe('299 - "unknown field \\"nonsense\\""');
    expect(at(warned.json, 'nonsense')).toBeUndefined();
  });

  it('lists in pages that hold every object once', async () => {
    await standin.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'pages' } } });
    const path = '/api/v1/namespaces/pages/configmaps';
    const wanted = ['a', 'b', 'c', 'd', 'e'].map((letter) => `page-${letter}`);
    for (const name of wanted)
      await standin.call('POST', path, { body: configMap(name, {}, { paged: 'yes' }) });
    const found: string[] = [];
    let next = '';
    do {
      const { json } = await standin.call('GET', `${path}?labelSelector=paged&limit=2&continue=${next}`);
      found.push(...names(json));
      next = textAt(json, 'metadata', 'continue');
    } while (next !== '');
    expect(found).toEqual(wanted);
  });

  it.each([
    ['labelSelector=tier%3Dweb', ['one', 'two']],
    ['labelSelector=tier%3Dweb,color!%3Dred', ['two']],
    ['labelSelector=color+in+(red,blue)', ['one', 'three']],
    ['labelSelector=color+notin+(red),tier', ['two']],
    ['labelSelector=!tier,color', ['three']],
    ['fieldSelector=metadata.name%3Dtwo', ['two']],
    ['fieldSelector=metadata.name!%3Dtwo&labelSelector=tier', ['one']],
  ])('selects by %s', async (query, expected) => {
    const path = '/api/v1/namespaces/selected/configmaps';
    await standin.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'selected' } } });
    const labels = { one: { tier: 'web', color: 'red' }, two: { tier: 'web' }, three: { color: 'blue' } };
    for (const [name, own] of Object.entries(labels))
      await standin.call('POST', path, { body: configMap(name, {}, own) });
    const { json } = await standin.call('GET', `${path}?${query}`);
    expect(names(json).filter((name) => name in labels)).toEqual(expected.toSorted());
  });

  it('answers a table with the columns and rows that kubectl prints', async () => {
    const headers = ['accept', 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'];
    const { json } = await standin.call('GET', '/api/v1/nodes', { headers });
    expect(textAt(json, 'kind')).toBe('Table');
    const columns = listAt(json, 'columnDefinitions').map((column) => textAt(column, 'name'));
    expect(columns.slice(0, 5)).toEqual(['Name', 'Status', 'Roles', 'Age', 'Version']);
    expect(listAt(listAt(json, 'rows')[0], 'cells').slice(0, 3)).toEqual([
      'standin-node',
      'Ready',
      'control-plane',
    ]);
    expect(objectAt(listAt(json, 'rows')[0], 'object')).toMatchObject({ kind: 'PartialObjectMetadata' });
  });

  it('deletes a collection by selector and leaves the others', async () => {
    await standin.call('POST', MAPS, { body: configMap('gone-1', {}, { sweep: 'yes' }) });
    await standin.call('POST', MAPS, { body: configMap('stays') });
    expect((await standin.call('DELETE', `${MAPS}?labelSelector=sweep%3Dyes`)).status).toBe(200);
    expect(names((await standin.call('GET', MAPS)).json)).toEqual(expect.arrayContaining(['stays']));
    expect((await standin.call('GET', `${MAPS}/gone-1`)).status).toBe(404);
  });

  it('deletes only the object that a precondition names', async () => {
    await standin.call('POST', MAPS, { body: configMap('guarded') });
    const refused = await standin.call('DELETE', `${MAPS}/guarded`, {
      body: { preconditions: { uid: 'another' } },
    });
    expect(refused.status).toBe(409);
    expect((await standin.call('GET', `${MAPS}/guarded`)).status).toBe(200);
  });

  it('keeps an object with a finalizer until the finalizer is gone', async () => {
    const body = { metadata: { name: 'finalized', finalizers: ['example.com/wait'] } };
    await standin.call('POST', MAPS, { body });
    const marked = await standin.call('DELETE', `${MAPS}/finalized`);
    expect(textAt(marked.json, 'metadata', 'deletionTimestamp')).not.toBe('');
    const patch = [{ op: 'remove', path: '/metadata/finalizers' }];
    await standin.call('PATCH', `${MAPS}/finalized`, { body: patch, contentType: JSON_PATCH });
    expect((await standin.call('GET', `${MAPS}/finalized`)).status).toBe(404);
  });

  it('reads YAML bodies', async () => {
    const body = 'metadata:\n  name: from-yaml\ndata:\n  a: "1"\n';
    const { status, json } = await standin.call('POST', MAPS, { body, contentType: 'application/yaml' });
    expect([status, textAt(json, 'data', 'a')]).toEqual([201, '1']);
  });

  it.each([
    ['a name that exists', 'POST', MAPS, configMap('kube-root-ca.crt'), 409, 'AlreadyExists'],
    ['a bad name', 'POST', MAPS, configMap('Bad_Name'), 422, 'Invalid'],
    ['no name', 'POST', MAPS, { metadata: {} }, 422, 'Invalid'],
    ['a namespace that is not there', 'POST', '/api/v1/namespaces/none/pods', pod('x'), 404, 'NotFound'],
    [
      'another namespace than the path',
      'POST',
      MAPS,
      { metadata: { name: 'x', namespace: 'y' } },
      400,
      'BadRequest',
    ],
    ['another kind than the path', 'POST', MAPS, pod('x'), 400, 'BadRequest'],
    [
      'a number where text belongs',
      'POST',
      MAPS,
      { metadata: { name: 'x' }, data: { a: 1 } },
      400,
      'BadRequest',
    ],
    [
      'a pod without containers',
      'POST',
      `${CORE}/pods`,
      { metadata: { name: 'x' }, spec: {} },
      422,
      'Invalid',
    ],
    ['a body that is no object', 'POST', MAPS, [], 400, 'BadRequest'],
    [
      'a namespaced kind without a namespace',
      'POST',
      '/api/v1/configmaps',
      configMap('x'),
      405,
      'MethodNotAllowed',
    ],
    ['a POST to a name', 'POST', `${MAPS}/x`, configMap('x'), 405, 'MethodNotAllowed'],
    ['an unknown resource', 'POST', `${CORE}/widgets`, {}, 404, 'NotFound'],
    ['a kept namespace', 'DELETE', '/api/v1/namespaces/default', undefined, 403, 'Forbidden'],
    [
      'a selector that makes no sense',
      'GET',
      `${MAPS}?labelSelector=a%3D%3D%3D`,
      undefined,
      400,
      'BadRequest',
    ],
    ['a field nobody can select by', 'GET', `${MAPS}?fieldSelector=data.a%3Db`, undefined, 400, 'BadRequest'],
    ['a continue token of nobody', 'GET', `${MAPS}?limit=1&continue=abc`, undefined, 400, 'BadRequest'],
    ['a version from the future', 'GET', `${MAPS}?resourceVersion=99999999`, undefined, 410, 'Expired'],
    ['a patch of unknown form', 'PATCH', `${MAPS}/kube-root-ca.crt`, {}, 415, 'UnsupportedMediaType'],
  ] as const)('refuses %s', async (_, method, path, body, status, reason) => {
    const answer = await standin.call(method, path, body === undefined ? {} : { body });
    expect([answer.status, textAt(answer.json, 'kind'), textAt(answer.json, 'reason')]).toEqual([
      status,
      'Status',
      reason,
    ]);
  });

  it('refuses what it cannot speak with 406', async () => {
    expect((await standin.call('GET', MAPS, { headers: ['accept', 'text/html'] })).status).toBe(406);
  });
});
