// Writing objects: what happens between a request and the store. Defaults, validation, versions, deletion with grace.
// HTTP, seeding and tests all write through here; the simulated controllers write status straight to the store.
import { randomBytes } from 'node:crypto';
import type { UserInfo } from '../../../auth/index.ts';
import { refuseEscalation } from '../access/escalation.ts';
import type { Authorizer } from '../access/authorizer.ts';
import { at, listAt, numberAt, objectAt, sameJson, textAt, withAt, without } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { NAMESPACES, PODS, groupVersionOf } from '../resource-types.ts';
import type { ResourceType } from '../resource-types.ts';
import { decodeObject } from '../schema/decode.ts';
import { badRequest, conflict, forbidden, notFound } from '../status-error.ts';
import { applyDefaults } from './defaults.ts';
import { timestamp } from './object-store.ts';
import type { ObjectStore } from './object-store.ts';
import { validateObject } from './validate.ts';

export interface WriteOptions {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  /** Called with each thing a client should be warned of. */
  readonly warn: (warning: string) => void;
}

export interface DeleteOptions {
  readonly dryRun: boolean;
  /** Undefined: the object's own. */
  readonly gracePeriodSeconds: number | undefined;
  readonly propagation: 'Orphan' | 'Background' | 'Foreground';
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface Writer {
  /** @throws StatusError 400, 403, 404 (no such namespace), 409, 422 */
  create(type: ResourceType, namespace: string, posted: JsonObject, options: WriteOptions): JsonObject;
  /** Replaces an object, or only its status. @throws StatusError 400, 403, 404, 409, 422 */
  update(
    type: ResourceType,
    previous: JsonObject,
    posted: JsonObject,
    part: '' | 'status',
    options: WriteOptions,
  ): JsonObject;
  /** The object as it is now: marked for deletion, or `gone`. @throws StatusError 403, 409 */
  remove(
    type: ResourceType,
    object: JsonObject,
    options: DeleteOptions,
  ): { object: JsonObject; gone: boolean };
}

/** Kinds that count changes of their desired state. */
const COUNTED = new Set(['Deployment', 'ReplicaSet', 'Pod']);
const KEPT_NAMESPACES = new Set(['default', 'kube-system', 'kube-public']);
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export function createWriter(store: ObjectStore, authorizer: Authorizer): Writer {
  let addresses = 10;
  const nextAddress = (): string => {
    addresses += 1;
    return `10.96.${(addresses >> 8) & 255}.${addresses & 255}`;
  };

  function prepare(type: ResourceType, posted: JsonObject, options: WriteOptions): JsonObject {
    checkKind(type, posted);
    const { object, unknown } = decodeObject(type.kind, posted);
    if (unknown.length > 0 && options.fieldValidation !== 'Ignore') {
      const texts = unknown.map((path) => `unknown field "${path}"`);
      if (options.fieldValidation === 'Strict') {
        throw badRequest(
          `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: strict decoding error: ${texts.join(', ')}`,
        );
      }
      for (const text of texts) options.warn(text);
    }
    // The order in which people expect to read them.
    const head = {
      kind: type.kind,
      apiVersion: groupVersionOf(type),
      metadata: objectAt(object, 'metadata'),
    };
    const whole = { ...head, ...object, kind: type.kind, apiVersion: groupVersionOf(type) };
    return applyDefaults(type.kind, whole, nextAddress);
  }

  return {
    create(type, namespace, posted, options) {
      const placed = placeIn(type, namespace, posted);
      if (type.namespaced) requireNamespace(store, type, namespace, textAt(placed, 'metadata', 'name'));
      const object = prepare(type, placed, options);
      const fresh = freshMetadata(objectAt(object, 'metadata'), COUNTED.has(type.kind));
      const born = { ...withInitialStatus(type, object), metadata: fresh };
      validateObject(type, born, undefined);
      refuseEscalation(type, born, undefined, options.user, authorizer, store);
      return options.dryRun ? born : store.create(type, born);
    },
    update(type, previous, posted, part, options) {
      checkVersion(type, previous, posted);
      const object = prepare(type, withIdentity(previous, posted), options);
      const hasStatus = type.subresources.some(({ name }) => name === 'status');
      let next = object;
      if (part === 'status') next = replaceField(previous, 'status', at(object, 'status'));
      else if (hasStatus) next = replaceField(object, 'status', at(previous, 'status'));
      const specChanged = !sameJson(at(next, 'spec'), at(previous, 'spec'));
      if (COUNTED.has(type.kind)) {
        const generation = (numberAt(previous, 'metadata', 'generation') ?? 1) + (specChanged ? 1 : 0);
        next = withAt(next, ['metadata', 'generation'], generation);
      }
      validateObject(type, next, previous);
      refuseEscalation(type, next, previous, options.user, authorizer, store);
      if (options.dryRun) return next;
      const leaving = textAt(next, 'metadata', 'deletionTimestamp') !== '';
      if (
        leaving &&
        listAt(next, 'metadata', 'finalizers').length === 0 &&
        type !== PODS &&
        type !== NAMESPACES
      ) {
        return store.remove(type, textAt(next, 'metadata', 'namespace'), textAt(next, 'metadata', 'name'));
      }
      return store.update(type, next);
    },
    remove(type, object, options) {
      const name = textAt(object, 'metadata', 'name');
      const namespace = textAt(object, 'metadata', 'namespace');
      checkPreconditions(type, object, options);
      if (type === NAMESPACES && KEPT_NAMESPACES.has(name)) {
        throw forbidden(type, name, 'this namespace may not be deleted');
      }
      if (options.propagation === 'Orphan' && !options.dryRun) orphanDependents(store, object);
      const marked = markForDeletion(type, object, options);
      if (marked !== undefined)
        return { object: options.dryRun ? marked : store.update(type, marked), gone: false };
      return { object: options.dryRun ? object : store.remove(type, namespace, name), gone: true };
    },
  };
}

/** The object as it waits for somebody to let it go, or undefined where it can go at once. */
function markForDeletion(
  type: ResourceType,
  object: JsonObject,
  options: DeleteOptions,
): JsonObject | undefined {
  const grace = options.gracePeriodSeconds ?? numberAt(object, 'spec', 'terminationGracePeriodSeconds') ?? 30;
  const waitsForKubelet = type === PODS && grace > 0 && textAt(object, 'spec', 'nodeName') !== '';
  const finalized = listAt(object, 'metadata', 'finalizers').length > 0;
  if (!waitsForKubelet && !finalized && type !== NAMESPACES) return undefined;
  if (textAt(object, 'metadata', 'deletionTimestamp') !== '') return object;
  const seconds = type === PODS ? grace : 0;
  const metadata = {
    ...objectAt(object, 'metadata'),
    deletionTimestamp: timestamp(Date.now() + seconds * 1000),
    ...(type === NAMESPACES ? {} : { deletionGracePeriodSeconds: seconds }),
  };
  if (type !== NAMESPACES) return { ...object, metadata };
  return { ...object, metadata, status: { ...objectAt(object, 'status'), phase: 'Terminating' } };
}

function checkPreconditions(type: ResourceType, object: JsonObject, options: DeleteOptions): void {
  const name = textAt(object, 'metadata', 'name');
  for (const field of ['uid', 'resourceVersion'] as const) {
    const found = textAt(object, 'metadata', field);
    if (options[field] !== '' && options[field] !== found) {
      throw conflict(
        type,
        name,
        `the ${field} in the precondition does not match the ${field} in record (${found})`,
      );
    }
  }
}

function orphanDependents(store: ObjectStore, owner: JsonObject): void {
  for (const { type, object } of dependentsOf(store, owner)) {
    const uid = textAt(owner, 'metadata', 'uid');
    const others = listAt(object, 'metadata', 'ownerReferences').filter(
      (reference) => textAt(reference, 'uid') !== uid,
    );
    store.update(
      type,
      withAt(object, ['metadata', 'ownerReferences'], others.length > 0 ? others : undefined),
    );
  }
}

/** Objects that name `owner` in their ownerReferences. */
export function dependentsOf(
  store: ObjectStore,
  owner: JsonObject,
): { type: ResourceType; object: JsonObject }[] {
  const uid = textAt(owner, 'metadata', 'uid');
  const namespace = textAt(owner, 'metadata', 'namespace');
  return store
    .everything(namespace)
    .filter(({ object }) =>
      listAt(object, 'metadata', 'ownerReferences').some((ref) => textAt(ref, 'uid') === uid),
    );
}

function checkKind(type: ResourceType, posted: JsonObject): void {
  const apiVersion = textAt(posted, 'apiVersion');
  const kind = textAt(posted, 'kind');
  const wanted = groupVersionOf(type);
  if (apiVersion !== '' && apiVersion !== wanted) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`,
    );
  }
  if (kind !== '' && kind !== type.kind) {
    throw badRequest(
      `${kind} in version "${wanted}" cannot be handled as a ${type.kind}: kinds do not match`,
    );
  }
}

function placeIn(type: ResourceType, namespace: string, posted: JsonObject): JsonObject {
  const stated = textAt(posted, 'metadata', 'namespace');
  if (stated !== '' && stated !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  if (type.namespaced && namespace === '')
    throw badRequest('an empty namespace may not be set during creation');
  const metadata = {
    ...without(objectAt(posted, 'metadata'), 'namespace'),
    ...(namespace === '' ? {} : { namespace }),
  };
  const prefix = textAt(metadata, 'generateName');
  if (textAt(metadata, 'name') !== '' || prefix === '') return { ...posted, metadata };
  return { ...posted, metadata: { ...metadata, name: `${prefix}${randomSuffix()}` } };
}

/** Five characters, as Kubernetes appends them: no vowels, so no words. */
export function randomSuffix(): string {
  return [...randomBytes(5)].map((byte) => NAME_ALPHABET[byte % NAME_ALPHABET.length]).join('');
}

function requireNamespace(store: ObjectStore, type: ResourceType, namespace: string, name: string): void {
  const found = store.get(NAMESPACES, '', namespace);
  if (found === undefined) throw notFound(NAMESPACES, namespace);
  if (textAt(found, 'metadata', 'deletionTimestamp') === '') return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(type, name, why);
}

/** Fields of the server's own are never taken from a client. */
function freshMetadata(metadata: JsonObject, counted: boolean): JsonObject {
  const owned = new Set([
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'managedFields',
    'selfLink',
  ]);
  const kept = Object.entries(metadata).filter(([name, value]) => !owned.has(name) && value !== null);
  return { ...Object.fromEntries(kept), ...(counted ? { generation: 1 } : {}) };
}

function withInitialStatus(type: ResourceType, object: JsonObject): JsonObject {
  if (type === NAMESPACES) return { ...object, status: { phase: 'Active' } };
  if (type === PODS) return { ...object, status: { phase: 'Pending', qosClass: 'BestEffort' } };
  if (type.kind === 'Service') return { ...object, status: { loadBalancer: {} } };
  if (type.kind === 'Node') return object;
  return type.subresources.some(({ name }) => name === 'status') ? { ...object, status: {} } : object;
}

function checkVersion(type: ResourceType, previous: JsonObject, posted: JsonObject): void {
  const name = textAt(previous, 'metadata', 'name');
  const version = textAt(posted, 'metadata', 'resourceVersion');
  if (version !== '' && version !== textAt(previous, 'metadata', 'resourceVersion')) {
    const advice =
      'the object has been modified; please apply your changes to the latest version and try again';
    throw conflict(type, name, advice);
  }
  const uid = textAt(posted, 'metadata', 'uid');
  if (uid !== '' && uid !== textAt(previous, 'metadata', 'uid')) {
    throw conflict(type, name, 'the uid of the object does not match: it was deleted and made anew');
  }
}

function withIdentity(previous: JsonObject, posted: JsonObject): JsonObject {
  for (const field of ['name', 'namespace'] as const) {
    const stated = textAt(posted, 'metadata', field);
    const real = textAt(previous, 'metadata', field);
    if (stated !== '' && stated !== real) {
      throw badRequest(
        `the ${field} of the object (${stated}) does not match the ${field} on the URL (${real})`,
      );
    }
  }
  const kept: Record<string, Json> = {};
  for (const field of [
    'name',
    'namespace',
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ]) {
    const value = at(previous, 'metadata', field);
    if (value !== undefined) kept[field] = value;
  }
  const stated = without(without(objectAt(posted, 'metadata'), 'managedFields'), 'deletionTimestamp');
  return { ...posted, metadata: { ...stated, ...kept } };
}

function replaceField(object: JsonObject, field: string, value: Json | undefined): JsonObject {
  return value === undefined ? without(object, field) : { ...object, [field]: value };
}
