// The objects of the cluster, in memory: what etcd is to kube-apiserver. Every write gets the next resource version
// and is told to the subscribers at once, in order.
import { randomUUID } from 'node:crypto';
import { encodeObject, objectAt, sameJson, textAt, withAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { HISTORY_CHANGES, MAX_OBJECT_BYTES, MAX_STORED_BYTES, MAX_STORED_OBJECTS } from '../limits.ts';
import type { ResourceType } from '../resource-types.ts';
import { StatusError, alreadyExists, notFound } from '../status-error.ts';

export interface Change {
  readonly revision: number;
  readonly action: 'created' | 'updated' | 'deleted';
  readonly type: ResourceType;
  readonly object: JsonObject;
  /** Before an update or a deletion; undefined for a creation. */
  readonly previous: JsonObject | undefined;
}

export interface ObjectStore {
  /** The newest resource version. */
  revision(): number;
  get(type: ResourceType, namespace: string, name: string): JsonObject | undefined;
  /** Sorted by namespace and name; of all namespaces where `namespace` is empty. */
  list(type: ResourceType, namespace: string): readonly JsonObject[];
  /** All objects of a namespace, of every kind; of the cluster scope where it is empty. */
  everything(namespace: string): { type: ResourceType; object: JsonObject }[];
  /** Adds uid, creation time and resource version. @throws StatusError 409, 413, 500 */
  create(type: ResourceType, object: JsonObject): JsonObject;
  /** Replaces the object of the same name; a write that changes nothing keeps its version. @throws StatusError 404 */
  update(type: ResourceType, object: JsonObject): JsonObject;
  /** @throws StatusError 404 */
  remove(type: ResourceType, namespace: string, name: string): JsonObject;
  /** Changes after a revision, or undefined when they are no longer kept. */
  changesSince(revision: number): readonly Change[] | undefined;
  /** Called for every change until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void;
}

// A real cluster's versions are never tiny; starting here also makes "0" and "1" plainly too old.
const FIRST_REVISION = 1000;

export function createObjectStore(): ObjectStore {
  const tables = new Map<ResourceType, Map<string, JsonObject>>();
  const listeners = new Set<(change: Change) => void>();
  const history: Change[] = [];
  let current = FIRST_REVISION;
  let objects = 0;
  let bytes = 0;

  function tableOf(type: ResourceType): Map<string, JsonObject> {
    const known = tables.get(type);
    if (known !== undefined) return known;
    const table = new Map<string, JsonObject>();
    tables.set(type, table);
    return table;
  }

  function announce(change: Change): void {
    history.push(change);
    if (history.length > HISTORY_CHANGES * 2) history.splice(0, history.length - HISTORY_CHANGES);
    for (const listener of listeners) listener(change);
  }

  function stamp(object: JsonObject): JsonObject {
    return withAt(object, ['metadata', 'resourceVersion'], String(current + 1));
  }

  /** Checks room first, so that a refused write leaves no trace. */
  function put(type: ResourceType, object: JsonObject, previous: JsonObject | undefined): void {
    const size = Buffer.byteLength(encodeObject(object));
    if (size > MAX_OBJECT_BYTES) {
      throw new StatusError('RequestEntityTooLarge', `an object may have at most ${MAX_OBJECT_BYTES} bytes`);
    }
    const growth = size - (previous === undefined ? 0 : Buffer.byteLength(encodeObject(previous)));
    if (bytes + growth > MAX_STORED_BYTES || (previous === undefined && objects >= MAX_STORED_OBJECTS)) {
      throw new StatusError(
        'InternalError',
        'the stand-in keeps all objects in memory and has no room for more',
      );
    }
    bytes += growth;
    if (previous === undefined) objects += 1;
    current += 1;
    tableOf(type).set(keyOfObject(object), object);
  }

  return {
    revision: () => current,
    get: (type, namespace, name) => tables.get(type)?.get(`${namespace}/${name}`),
    list(type, namespace) {
      const entries = [...(tables.get(type) ?? [])];
      const wanted = namespace === '' ? entries : entries.filter(([key]) => key.startsWith(`${namespace}/`));
      return wanted.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
    },
    everything(namespace) {
      const found: { type: ResourceType; object: JsonObject }[] = [];
      for (const [type, table] of tables) {
        for (const [key, object] of table) if (key.startsWith(`${namespace}/`)) found.push({ type, object });
      }
      return found;
    },
    create(type, object) {
      const name = textAt(object, 'metadata', 'name');
      if (tableOf(type).has(keyOfObject(object))) throw alreadyExists(type, name);
      const identity = { uid: randomUUID(), creationTimestamp: timestamp() };
      const born = stamp({ ...object, metadata: { ...objectAt(object, 'metadata'), ...identity } });
      put(type, born, undefined);
      announce({ revision: current, action: 'created', type, object: born, previous: undefined });
      return born;
    },
    update(type, object) {
      const previous = tableOf(type).get(keyOfObject(object));
      if (previous === undefined) throw notFound(type, textAt(object, 'metadata', 'name'));
      const unchanged = withAt(
        object,
        ['metadata', 'resourceVersion'],
        textAt(previous, 'metadata', 'resourceVersion'),
      );
      if (sameJson(unchanged, previous)) return previous;
      const changed = stamp(object);
      put(type, changed, previous);
      announce({ revision: current, action: 'updated', type, object: changed, previous });
      return changed;
    },
    remove(type, namespace, name) {
      const table = tableOf(type);
      const previous = table.get(`${namespace}/${name}`);
      if (previous === undefined) throw notFound(type, name);
      table.delete(`${namespace}/${name}`);
      objects -= 1;
      bytes -= Buffer.byteLength(encodeObject(previous));
      const last = stamp(previous);
      current += 1;
      announce({ revision: current, action: 'deleted', type, object: last, previous });
      return last;
    },
    changesSince(revision) {
      const oldest = history[0]?.revision ?? current + 1;
      if (revision + 1 < oldest || revision > current) return undefined;
      return history.filter((change) => change.revision > revision);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Kubernetes' metav1.Time: whole seconds, UTC. */
export function timestamp(ms = Date.now()): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function keyOfObject(object: JsonObject): string {
  return `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`;
}
