import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, listAt, objectAt, textAt } from '../../../demo/apiserver/json.ts';
import { startTestServer } from './support.ts';
import type { TestServer } from './support.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

describe('discovery of the stand-in', () => {
  let standin: TestServer;
  beforeAll(async () => {
    standin = await startTestServer();
  });
  afterAll(() => standin.close());

  it('says in its version that it is a stand-in', async () => {
    const { json } = await standin.call('GET', '/version');
    expect(textAt(json, 'gitVersion')).toBe('v1.34.0+standin');
    expect(textAt(json, 'goVersion')).toContain('stand-in');
  });

  it.each(['/healthz', '/livez', '/readyz', '/readyz?verbose'])('answers ok at %s', async (path) => {
    expect(await standin.call('GET', path)).toMatchObject({ status: 200, text: 'ok' });
  });

  it('answers aggregated discovery to a client that asks for it, with exactly that content type', async () => {
    const answer = await standin.call('GET', '/apis', {
      headers: ['accept', `${AGGREGATED},application/json`],
    });
    expect(answer.headers['content-type']).toBe(AGGREGATED);
    const groups = listAt(answer.json, 'items').map((item) => textAt(item, 'metadata', 'name'));
    expect(groups).toContain('apps');
    const core = await standin.call('GET', '/api', { headers: ['accept', AGGREGATED] });
    const resources = listAt(listAt(listAt(core.json, 'items')[0], 'versions')[0], 'resources');
    expect(resources.map((item) => textAt(item, 'resource'))).toEqual(
      expect.arrayContaining(['pods', 'secrets', 'nodes', 'events']),
    );
  });

  it.each([
    ['/api', 'APIVersions'],
    ['/apis', 'APIGroupList'],
    ['/apis/apps', 'APIGroup'],
    ['/apis/apps/v1', 'APIResourceList'],
    ['/api/v1', 'APIResourceList'],
  ])('answers %s as %s to a client that knows no aggregated discovery', async (path, kind) => {
    const { status, json } = await standin.call('GET', path);
    expect([status, textAt(json, 'kind')]).toEqual([200, kind]);
  });

  it('lists the scale subresource of deployments as autoscaling/v1 Scale', async () => {
    const { json } = await standin.call('GET', '/apis/apps/v1');
    const scale = listAt(json, 'resources').find((item) => textAt(item, 'name') === 'deployments/scale');
    expect(scale).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale' });
  });

  it('publishes an OpenAPI v3 document for every group of its index, with fieldValidation on PATCH', async () => {
    const index = await standin.call('GET', '/openapi/v3');
    const paths = Object.values(objectAt(index.json, 'paths')).map((entry) =>
      textAt(entry, 'serverRelativeURL'),
    );
    expect(paths.length).toBeGreaterThan(4);
    for (const path of paths) expect((await standin.call('GET', path)).status).toBe(200);
    const apps = await standin.call('GET', '/openapi/v3/apis/apps/v1');
    const patch = at(apps.json, 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}', 'patch');
    expect(listAt(patch, 'parameters').map((item) => textAt(item, 'name'))).toContain('fieldValidation');
    expect(at(patch, 'x-kubernetes-group-version-kind')).toEqual({
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
    });
  });

  it('refuses OpenAPI v2 in protobuf with 406, so that kubectl goes on with version 3', async () => {
    const headers = ['accept', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'];
    expect((await standin.call('GET', '/openapi/v2', { headers })).status).toBe(406);
  });

  it.each([
    '/nope',
    '/api/v2',
    '/apis/apps/v9',
    '/apis/nope',
    '/api/apps/v1',
    '/apis/v1',
    '/openapi/v3/apis/v1',
  ])('answers 404 as a Status at %s', async (path) => {
    const { status, json } = await standin.call('GET', path);
    expect([status, textAt(json, 'kind'), textAt(json, 'reason')]).toEqual([404, 'Status', 'NotFound']);
  });

  it('gives every answer an Audit-Id and keeps a usable one of the client', async () => {
    const own = await standin.call('GET', '/version');
    expect(own.headers['audit-id']).toMatch(/^[\w-]{36}$/);
    const kept = await standin.call('GET', '/version', { headers: ['audit-id', 'from-the-gateway'] });
    expect(kept.headers['audit-id']).toBe('from-the-gateway');
    const replaced = await standin.call('GET', '/version', { headers: ['audit-id', 'x'.repeat(65)] });
    expect(replaced.headers['audit-id']).toMatch(/^[\w-]{36}$/);
  });
});
