// What the reading rows find: workloads of every state that a controller would have brought about, written by hand.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { ApiserverClient } from '../../../demo/control-plane/index.ts';
import { createWorkloads } from '../cluster-objects.ts';
import { createShippedDeployment } from './deployment-states.ts';
import { createReadyPod, createSpentBudget } from './guarded-pods.ts';

/** A shared object of the cluster may be there already: another file of the suite made it. */
async function ensure(admin: ApiserverClient, collectionPath: string, object: unknown): Promise<void> {
  const { status } = await admin.send('POST', collectionPath, object);
  if (status !== 201 && status !== 409) throw new Error(`POST ${collectionPath} was answered with ${status}`);
}

export async function createReadingWorld(admin: ApiserverClient, namespace: string): Promise<void> {
  const base = `/api/v1/namespaces/${namespace}`;
  await createWorkloads(admin, namespace);
  await createShippedDeployment(admin, namespace);
  await createWidgetType(admin);
  await admin.create(`/apis/table.example/v1/namespaces/${namespace}/widgets`, {
    apiVersion: 'table.example/v1',
    kind: 'Widget',
    metadata: { name: 'cog' },
    spec: { teeth: 12 },
  });
  await ensure(admin, '/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-of-table' },
  });
  await admin.create(`${base}/events`, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'web-0.scheduled' },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'web-0', namespace },
    type: 'Normal',
    reason: 'Scheduled',
    message: 'the test says so',
    source: { component: 'table' },
    firstTimestamp: '2020-01-02T03:04:05Z',
    lastTimestamp: '2020-01-02T03:04:05Z',
    count: 1,
  });
  const labels = { guarded: 'yes' };
  await createReadyPod(admin, namespace, { name: 'guarded', labels });
  await createSpentBudget(admin, namespace, { name: 'guard', matchLabels: labels });
  await admin.create(`${base}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'silent' },
    spec: { ports: [{ port: 80 }] },
  });
  await admin.create(`${base}/endpoints`, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'silent' },
    subsets: [],
  });
  await createUnreachableWebhook(admin);
}

/** A type of our own: what the apiserver learns after kubectl was built. */
export async function createWidgetType(admin: ApiserverClient): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await ensure(admin, path, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.table.example' },
    spec: {
      group: 'table.example',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { teeth: { type: 'integer', maximum: 100 } } },
              },
            },
          },
        },
      ],
    },
  });
  await vi.waitUntil(async () => (await admin.send('GET', '/apis/table.example/v1/widgets')).status === 200, {
    timeout: 20_000,
  });
}

/** Whatever is labelled for it cannot be made: nothing listens on port 1. */
async function createUnreachableWebhook(admin: ApiserverClient): Promise<void> {
  const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
  await ensure(admin, path, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'hooks-of-table' },
    webhooks: [
      {
        name: 'unreachable.table.example',
        clientConfig: { url: 'https://127.0.0.1:1/' },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
        objectSelector: { matchLabels: { hooked: 'table' } },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        timeoutSeconds: 2,
      },
    ],
  });
}

/** Those that alice acts as: a user and a group that may look at what bob may look at. */
export async function bindActedReaders(admin: ApiserverClient, namespace: string): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io';
  await admin.create(`/apis/${apiGroup}/v1/namespaces/${namespace}/rolebindings`, {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'acted-readers' },
    roleRef: { apiGroup, kind: 'Role', name: 'reader' },
    subjects: [
      { apiGroup, kind: 'User', name: 'carol-of-table' },
      { apiGroup, kind: 'Group', name: 'readers-of-table' },
    ],
  });
}

/** The files that commands name, the same for all lanes. */
export function writeFiles(directory: string): void {
  const file = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n';
  mkdirSync(join(directory, 'kustomized'), { recursive: true });
  file(
    'kustomized/kustomization.yaml',
    'resources: [settings.yaml]\ncommonAnnotations: {made: by-kustomize}\n',
  );
  file('kustomized/settings.yaml', `${configMap}data:\n  mode: fast\n`);
  file('same.yaml', `${configMap}data:\n  mode: fast\n`);
  file('other.yaml', `${configMap}data:\n  mode: "Grüße 🌍"\n`);
}
