import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, listAt, numberAt, textAt } from '../../../demo/apiserver/json.ts';
import type { Json } from '../../../demo/apiserver/json.ts';
import { APPS, CORE, configMap, names, pod, startTestServer } from './support.ts';
import type { TestServer } from './support.ts';

function deployment(name: string, replicas: number) {
  const template = { metadata: { labels: { app: name } }, spec: pod(name).spec };
  const spec = { replicas, selector: { matchLabels: { app: name } }, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec };
}

/** What `kubectl rollout status` waits for. */
function isRolledOut(replicas: number) {
  return (object: Json): boolean => {
    const observed =
      numberAt(object, 'status', 'observedGeneration') === numberAt(object, 'metadata', 'generation');
    const counts = ['replicas', 'updatedReplicas', 'availableReplicas'].map(
      (field) => numberAt(object, 'status', field) ?? 0,
    );
    return observed && counts.every((count) => count === replicas);
  };
}

describe('workloads of the stand-in', () => {
  let standin: TestServer;
  beforeAll(async () => {
    standin = await startTestServer();
  });
  afterAll(() => standin.close());

  const podsOf = async (name: string): Promise<Json> => {
    return (await standin.call('GET', `${CORE}/pods?labelSelector=app%3D${name}`)).json;
  };

  it('rolls a deployment out, scales it, and takes it away with all that it made', async () => {
    await standin.call('POST', `${APPS}/deployments`, { body: deployment('web', 3) });
    await standin.until(`${APPS}/deployments`, 'web', isRolledOut(3));
    expect(names(await podsOf('web'))).toHaveLength(3);
    const scale = await standin.call('GET', `${APPS}/deployments/web/scale`);
    expect(scale.json).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 3 },
      status: { selector: 'app=web' },
    });
    const body = { spec: { replicas: 1 } };
    const contentType = 'application/merge-patch+json';
    const scaled = await standin.call('PATCH', `${APPS}/deployments/web/scale`, { body, contentType });
    expect(numberAt(scaled.json, 'spec', 'replicas')).toBe(1);
    await standin.until(`${APPS}/deployments`, 'web', isRolledOut(1));
    await expect.poll(async () => names(await podsOf('web')).length).toBe(1);
    await standin.call('DELETE', `${APPS}/deployments/web`, { body: { propagationPolicy: 'Background' } });
    await expect.poll(async () => names(await podsOf('web')).length).toBe(0);
    const sets = await standin.call('GET', `${APPS}/replicasets`);
    expect(names(sets.json)).toEqual([]);
  });

  it('replaces the pods when the template changes, and counts revisions', async () => {
    await standin.call('POST', `${APPS}/deployments`, { body: deployment('roll', 2) });
    await standin.until(`${APPS}/deployments`, 'roll', isRolledOut(2));
    const before = names(await podsOf('roll'));
    const body = { spec: { template: { metadata: { annotations: { restarted: 'now' } } } } };
    await standin.call('PATCH', `${APPS}/deployments/roll`, {
      body,
      contentType: 'application/merge-patch+json',
    });
    await standin.until(`${APPS}/deployments`, 'roll', isRolledOut(2));
    const after = names(await podsOf('roll'));
    expect(after.filter((name) => before.includes(name))).toEqual([]);
    const { json } = await standin.call('GET', `${APPS}/deployments/roll`);
    expect(at(json, 'metadata', 'annotations', 'deployment.kubernetes.io/revision')).toBe('2');
  });

  it('leaves the pods of a ReplicaSet that is deleted as an orphaner', async () => {
    const { spec } = deployment('orphan', 1);
    await standin.call('POST', `${APPS}/replicasets`, { body: { metadata: { name: 'orphan' }, spec } });
    await expect.poll(async () => names(await podsOf('orphan')).length).toBe(1);
    await standin.call('DELETE', `${APPS}/replicasets/orphan?propagationPolicy=Orphan`);
    const [left] = listAt(await podsOf('orphan'), 'items');
    expect(listAt(left, 'metadata', 'ownerReferences')).toEqual([]);
  });

  it.each([
    ['a selector that its template does not match', { selector: { matchLabels: { app: 'other' } } }],
    ['a changed selector', { selector: { matchLabels: { app: 'fixed', more: 'x' } } }],
    ['more replicas than the simulation has room for', { replicas: 101 }],
    ['fewer replicas than none', { replicas: -1 }],
  ])('refuses %s', async (_, change) => {
    const whole = deployment('fixed', 0);
    await standin.call('POST', `${APPS}/deployments`, { body: whole });
    const body = { ...whole, spec: { ...whole.spec, ...change } };
    const answer = await standin.call('PUT', `${APPS}/deployments/fixed`, { body });
    expect([answer.status, textAt(answer.json, 'reason')]).toEqual([422, 'Invalid']);
  });

  it('gives a new namespace its ServiceAccount and CA, and takes everything along when it goes', async () => {
    await standin.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'passing' } } });
    const path = '/api/v1/namespaces/passing';
    await expect
      .poll(async () => (await standin.call('GET', `${path}/serviceaccounts/default`)).status)
      .toBe(200);
    const { json } = await standin.call('GET', `${path}/configmaps/kube-root-ca.crt`);
    expect(textAt(json, 'data', 'ca.crt')).toBe(standin.server.caPem);
    await standin.call('POST', `${path}/configmaps`, { body: configMap('inside') });
    const gone = standin.until('/api/v1/namespaces', 'passing', (_, type) => type === 'DELETED');
    const marked = await standin.call('DELETE', path);
    expect(textAt(marked.json, 'status', 'phase')).toBe('Terminating');
    const late = await standin.call('POST', `${path}/configmaps`, { body: configMap('late') });
    expect([403, 404]).toContain(late.status);
    await gone;
    expect((await standin.call('GET', `${path}/configmaps/inside`)).status).toBe(404);
  });

  it('merges stringData of a secret into data and never shows it', async () => {
    const body = { metadata: { name: 's' }, stringData: { a: 'b' } };
    const { json } = await standin.call('POST', `${CORE}/secrets`, { body });
    expect([at(json, 'data'), at(json, 'stringData'), at(json, 'type')]).toEqual([
      { a: 'Yg==' },
      undefined,
      'Opaque',
    ]);
  });

  it('gives every service its own address', async () => {
    const body = (name: string) => ({ metadata: { name }, spec: { ports: [{ port: 80 }] } });
    const first = await standin.call('POST', `${CORE}/services`, { body: body('one') });
    const second = await standin.call('POST', `${CORE}/services`, { body: body('two') });
    const address = (json: Json): string => textAt(json, 'spec', 'clusterIP');
    expect(address(first.json)).toMatch(/^10\.96\./);
    expect(address(second.json)).not.toBe(address(first.json));
  });
});
