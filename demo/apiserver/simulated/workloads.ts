// Simulated Deployment and ReplicaSet controllers: enough for `create deployment`, `scale`, `rollout status`, `rollout
// restart` and `rollout undo` to behave. A rollout brings the new pods up first, then takes the old ones away.
import { createHash } from 'node:crypto';
import { at, listAt, numberAt, objectAt, sameJson, textAt, textMapAt, withAt, without } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { matchesSelector } from '../objects/selectors.ts';
import { timestamp } from '../objects/object-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { randomSuffix } from '../objects/writer.ts';
import type { Writer, WriteOptions } from '../objects/writer.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS, groupVersionOf } from '../resource-types.ts';
import type { ResourceType } from '../resource-types.ts';
import { recordEvent } from './recorder.ts';
import type { WorkQueue } from './work-queue.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const HASH_LABEL = 'pod-template-hash';
const CONTROLLER: WriteOptions = {
  user: { name: 'system:kube-controller-manager', uid: '', groups: ['system:masters'], extra: {} },
  dryRun: false,
  fieldValidation: 'Ignore',
  warn: () => undefined,
};

export function simulateWorkloads(store: ObjectStore, writer: Writer, queue: WorkQueue): () => void {
  return store.subscribe(({ type, object }) => {
    const namespace = textAt(object, 'metadata', 'namespace');
    const name = textAt(object, 'metadata', 'name');
    if (type === DEPLOYMENTS) reconcile(type, namespace, name);
    if (type === REPLICA_SETS) {
      reconcile(type, namespace, name);
      reconcileOwner(DEPLOYMENTS, namespace, object);
    }
    if (type === PODS) reconcileOwner(REPLICA_SETS, namespace, object);
  });

  function reconcileOwner(type: ResourceType, namespace: string, object: JsonObject): void {
    const owner = listAt(object, 'metadata', 'ownerReferences').find(
      (ref) => textAt(ref, 'kind') === type.kind,
    );
    if (owner !== undefined) reconcile(type, namespace, textAt(owner, 'name'));
  }

  function reconcile(type: ResourceType, namespace: string, name: string): void {
    queue.schedule(`${type.resource} ${namespace}/${name}`, 0, () => {
      const found = store.get(type, namespace, name);
      if (found === undefined || textAt(found, 'metadata', 'deletionTimestamp') !== '') return;
      if (type === DEPLOYMENTS) reconcileDeployment(store, writer, found);
      else reconcileReplicaSet(store, writer, found);
    });
  }
}

function reconcileDeployment(store: ObjectStore, writer: Writer, deployment: JsonObject): void {
  if (at(deployment, 'spec', 'paused') === true) return;
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1;
  const owned = ownedBy(store, REPLICA_SETS, deployment);
  const current = currentReplicaSet(store, writer, deployment, owned);
  if (current === undefined) return;
  setReplicas(store, current, wanted);
  const others = owned.filter(
    (set) => textAt(set, 'metadata', 'name') !== textAt(current, 'metadata', 'name'),
  );
  const ready = Math.min(statusCount(current, 'readyReplicas'), wanted);
  if (ready >= wanted) for (const set of others) setReplicas(store, set, 0);
  const rest = others.reduce((sum, set) => sum + statusCount(set, 'replicas'), 0);
  const total = statusCount(current, 'replicas') + rest;
  const available = ready + others.reduce((sum, set) => sum + statusCount(set, 'readyReplicas'), 0);
  const revision = textAt(current, 'metadata', 'annotations', REVISION);
  const annotated = withAt(deployment, ['metadata', 'annotations', REVISION], revision);
  const done = ready >= wanted && rest === 0;
  writeStatus(store, DEPLOYMENTS, annotated, {
    observedGeneration: numberAt(deployment, 'metadata', 'generation') ?? 1,
    replicas: total,
    updatedReplicas: statusCount(current, 'replicas'),
    readyReplicas: available,
    availableReplicas: available,
    ...(wanted > ready ? { unavailableReplicas: wanted - ready } : {}),
    conditions: [
      condition(
        deployment,
        'Available',
        available >= wanted,
        'MinimumReplicasAvailable',
        'MinimumReplicasUnavailable',
      ),
      condition(deployment, 'Progressing', true, done ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated', ''),
    ],
  });
}

/** The ReplicaSet of the present template, made (or raised to the newest revision) where needed. */
function currentReplicaSet(
  store: ObjectStore,
  writer: Writer,
  deployment: JsonObject,
  owned: readonly JsonObject[],
): JsonObject | undefined {
  const template = objectAt(deployment, 'spec', 'template');
  const hash = createHash('sha256')
    .update(JSON.stringify(sortFields(template)))
    .digest('hex')
    .slice(0, 10);
  const name = `${textAt(deployment, 'metadata', 'name')}-${hash}`;
  const newest = Math.max(0, ...owned.map(revisionOf));
  const found = owned.find((set) => textAt(set, 'metadata', 'name') === name);
  if (found !== undefined) {
    if (revisionOf(found) === newest) return found;
    return store.update(
      REPLICA_SETS,
      withAt(found, ['metadata', 'annotations', REVISION], String(newest + 1)),
    );
  }
  const labels = { ...Object.fromEntries(textMapAt(template, 'metadata', 'labels')), [HASH_LABEL]: hash };
  const selector = objectAt(deployment, 'spec', 'selector');
  const matchLabels = { ...objectAt(selector, 'matchLabels'), [HASH_LABEL]: hash };
  const replicas = numberAt(deployment, 'spec', 'replicas') ?? 1;
  const created = writer.create(
    REPLICA_SETS,
    textAt(deployment, 'metadata', 'namespace'),
    {
      metadata: {
        name,
        labels,
        annotations: { [REVISION]: String(newest + 1) },
        ownerReferences: [ownerReference(DEPLOYMENTS, deployment)],
      },
      spec: {
        replicas,
        selector: { ...selector, matchLabels },
        template: withAt(template, ['metadata', 'labels'], labels),
      },
    },
    CONTROLLER,
  );
  const message = `Scaled up replica set ${name} from 0 to ${replicas}`;
  recordEvent(store, deployment, 'deployment-controller', 'ScalingReplicaSet', message);
  return created;
}

function reconcileReplicaSet(store: ObjectStore, writer: Writer, set: JsonObject): void {
  const wanted = numberAt(set, 'spec', 'replicas') ?? 1;
  const namespace = textAt(set, 'metadata', 'namespace');
  const name = textAt(set, 'metadata', 'name');
  const pods = ownedBy(store, PODS, set).filter((pod) => textAt(pod, 'metadata', 'deletionTimestamp') === '');
  for (let missing = wanted - pods.length; missing > 0; missing -= 1) {
    const template = objectAt(set, 'spec', 'template');
    const metadata = {
      ...without(objectAt(template, 'metadata'), 'creationTimestamp'),
      name: `${name}-${randomSuffix()}`,
      generateName: `${name}-`,
      ownerReferences: [ownerReference(REPLICA_SETS, set)],
    };
    const pod = writer.create(PODS, namespace, { metadata, spec: objectAt(template, 'spec') }, CONTROLLER);
    const message = `Created pod: ${textAt(pod, 'metadata', 'name')}`;
    recordEvent(store, set, 'replicaset-controller', 'SuccessfulCreate', message);
  }
  for (const pod of pods.slice(wanted)) {
    const options = {
      dryRun: false,
      gracePeriodSeconds: undefined,
      propagation: 'Background',
      uid: '',
      resourceVersion: '',
    } as const;
    writer.remove(PODS, pod, options);
  }
  const living = ownedBy(store, PODS, set).filter(
    (pod) => textAt(pod, 'metadata', 'deletionTimestamp') === '',
  );
  const ready = living.filter((pod) => textAt(pod, 'status', 'phase') === 'Running').length;
  writeStatus(store, REPLICA_SETS, set, {
    observedGeneration: numberAt(set, 'metadata', 'generation') ?? 1,
    replicas: living.length,
    fullyLabeledReplicas: living.length,
    ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
  });
}

function setReplicas(store: ObjectStore, set: JsonObject, replicas: number): void {
  if (numberAt(set, 'spec', 'replicas') === replicas) return;
  const generation = (numberAt(set, 'metadata', 'generation') ?? 1) + 1;
  store.update(
    REPLICA_SETS,
    withAt(withAt(set, ['spec', 'replicas'], replicas), ['metadata', 'generation'], generation),
  );
}

function writeStatus(store: ObjectStore, type: ResourceType, object: JsonObject, status: JsonObject): void {
  const latest = store.get(type, textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name'));
  if (latest === undefined) return;
  const annotations = at(object, 'metadata', 'annotations');
  store.update(type, { ...withAt(latest, ['metadata', 'annotations'], annotations), status });
}

/** Objects that belong to a controller: by owner, and by its selector. */
function ownedBy(store: ObjectStore, type: ResourceType, owner: JsonObject): JsonObject[] {
  const uid = textAt(owner, 'metadata', 'uid');
  return store.list(type, textAt(owner, 'metadata', 'namespace')).filter((object) => {
    const owned = listAt(object, 'metadata', 'ownerReferences').some(
      (reference) => textAt(reference, 'uid') === uid,
    );
    return owned && matchesSelector(at(owner, 'spec', 'selector'), textMapAt(object, 'metadata', 'labels'));
  });
}

function ownerReference(type: ResourceType, owner: JsonObject): JsonObject {
  return {
    apiVersion: groupVersionOf(type),
    kind: type.kind,
    name: textAt(owner, 'metadata', 'name'),
    uid: textAt(owner, 'metadata', 'uid'),
    controller: true,
    blockOwnerDeletion: true,
  };
}

function condition(
  deployment: JsonObject,
  type: string,
  holds: boolean,
  good: string,
  bad: string,
): JsonObject {
  const status = holds ? 'True' : 'False';
  const reason = holds ? good : bad;
  const known = listAt(deployment, 'status', 'conditions').find((item) => textAt(item, 'type') === type);
  const same = sameJson(at(known, 'status'), status) && sameJson(at(known, 'reason'), reason);
  const time = same ? textAt(known, 'lastTransitionTime') : timestamp();
  return { type, status, reason, message: 'simulated', lastUpdateTime: time, lastTransitionTime: time };
}

function revisionOf(set: JsonObject): number {
  return Number(textAt(set, 'metadata', 'annotations', REVISION)) || 0;
}

function statusCount(object: JsonObject, field: string): number {
  return numberAt(object, 'status', field) ?? 0;
}

/** So that two templates of the same content have the same hash. */
function sortFields(object: JsonObject): JsonObject {
  const entries = Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const nested = typeof value === 'object' && value !== null && !Array.isArray(value);
      return [name, nested ? sortFields(objectAt(object, name)) : value];
    }),
  );
}
