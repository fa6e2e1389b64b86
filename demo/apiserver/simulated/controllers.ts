// The simulated controllers beside workloads: a namespace gets its default ServiceAccount and goes away with all that
// it holds; what an owner leaves behind is collected.
import { objectAt, textAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { dependentsOf } from '../objects/writer.ts';
import type { Writer } from '../objects/writer.ts';
import { CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS } from '../resource-types.ts';
import type { WorkQueue } from './work-queue.ts';

export function simulateControllers(
  store: ObjectStore,
  writer: Writer,
  queue: WorkQueue,
  caPem: string,
): () => void {
  return store.subscribe(({ type, action, object }) => {
    const uid = textAt(object, 'metadata', 'uid');
    if (action === 'deleted') {
      queue.schedule(`collect ${uid}`, 0, () => collectDependents(store, writer, object));
      return;
    }
    if (type !== NAMESPACES) return;
    const name = textAt(object, 'metadata', 'name');
    if (textAt(object, 'metadata', 'deletionTimestamp') === '') {
      queue.schedule(`fill ${uid}`, 0, () => fillNamespace(store, name, caPem));
    } else {
      queue.schedule(`empty ${uid}`, 10, () => emptyNamespace(store, object));
    }
  });
}

function fillNamespace(store: ObjectStore, namespace: string, caPem: string): void {
  const found = store.get(NAMESPACES, '', namespace);
  if (found === undefined || textAt(found, 'metadata', 'deletionTimestamp') !== '') return;
  if (store.get(SERVICE_ACCOUNTS, namespace, 'default') === undefined) {
    store.create(SERVICE_ACCOUNTS, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
    });
  }
  if (store.get(CONFIG_MAPS, namespace, 'kube-root-ca.crt') === undefined) {
    const metadata = { name: 'kube-root-ca.crt', namespace };
    store.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': caPem } });
  }
}

function emptyNamespace(store: ObjectStore, namespace: JsonObject): void {
  const name = textAt(namespace, 'metadata', 'name');
  if (textAt(store.get(NAMESPACES, '', name), 'metadata', 'uid') !== textAt(namespace, 'metadata', 'uid'))
    return;
  for (const { type, object } of store.everything(name)) {
    store.remove(type, name, textAt(object, 'metadata', 'name'));
  }
  store.remove(NAMESPACES, '', name);
}

function collectDependents(store: ObjectStore, writer: Writer, owner: JsonObject): void {
  // Orphaned dependents have lost their reference before, so whatever still points here goes.
  if (textAt(objectAt(owner, 'metadata'), 'uid') === '') return;
  for (const { type, object } of dependentsOf(store, owner)) {
    writer.remove(type, object, {
      dryRun: false,
      gracePeriodSeconds: undefined,
      propagation: 'Background',
      uid: '',
      resourceVersion: '',
    });
  }
}
