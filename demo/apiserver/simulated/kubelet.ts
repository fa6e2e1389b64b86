// A tiny simulated kubelet and scheduler: pods get the one node, an address, and run; deleted pods end.
// No process is ever started.
import { hostAddress, NODE_NAME } from './node.ts';
import { recordEvent } from './recorder.ts';
import type { WorkQueue } from './work-queue.ts';
import { isObject, listAt, numberAt, objectAt, textAt } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { timestamp } from '../objects/object-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { PODS } from '../resource-types.ts';

export interface KubeletOptions {
  /** How long a pod takes to start, and to end. */
  readonly podDelayMs: number;
}

/** Follows the store's pods until the queue is closed. */
export function simulateKubelet(
  store: ObjectStore,
  queue: WorkQueue,
  { podDelayMs }: KubeletOptions,
): () => void {
  let addresses = 1;
  const nextAddress = (): string => {
    addresses += 1;
    return `10.244.${(addresses >> 8) & 255}.${addresses & 255}`;
  };
  return store.subscribe(({ type, action, object }) => {
    if (type !== PODS || action === 'deleted') return;
    const namespace = textAt(object, 'metadata', 'namespace');
    const name = textAt(object, 'metadata', 'name');
    const uid = textAt(object, 'metadata', 'uid');
    const current = (): JsonObject | undefined => {
      const pod = store.get(PODS, namespace, name);
      return textAt(pod, 'metadata', 'uid') === uid ? pod : undefined;
    };
    if (textAt(object, 'metadata', 'deletionTimestamp') !== '') {
      queue.schedule(`end ${uid}`, podDelayMs, () => {
        const pod = current();
        if (pod === undefined || listAt(pod, 'metadata', 'finalizers').length > 0) return;
        store.remove(PODS, namespace, name);
      });
    } else if (textAt(object, 'spec', 'nodeName') === '') {
      queue.schedule(`schedule ${uid}`, 0, () => {
        const pod = current();
        if (pod !== undefined) schedulePod(store, pod);
      });
    } else if (textAt(object, 'status', 'phase') === 'Pending') {
      queue.schedule(`start ${uid}`, podDelayMs, () => {
        const pod = current();
        if (pod !== undefined) startPod(store, pod, nextAddress());
      });
    }
  });
}

function schedulePod(store: ObjectStore, pod: JsonObject): void {
  const spec = { ...objectAt(pod, 'spec'), nodeName: NODE_NAME };
  const conditions = [condition('PodScheduled', timestamp())];
  store.update(PODS, { ...pod, spec, status: { ...objectAt(pod, 'status'), conditions } });
  const name = `${textAt(pod, 'metadata', 'namespace')}/${textAt(pod, 'metadata', 'name')}`;
  recordEvent(store, pod, 'default-scheduler', 'Scheduled', `Successfully assigned ${name} to ${NODE_NAME}`);
}

function startPod(store: ObjectStore, pod: JsonObject, podIP: string): void {
  const now = timestamp();
  const containers = listAt(pod, 'spec', 'containers');
  const initial = listAt(pod, 'spec', 'initContainers');
  const completed = { terminated: { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now } };
  const status: JsonObject = {
    ...objectAt(pod, 'status'),
    phase: 'Running',
    conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
      (type) => condition(type, now),
    ),
    hostIP: hostAddress(),
    hostIPs: [{ ip: hostAddress() }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: now,
    containerStatuses: containers.map((container) =>
      containerStatus(container, { running: { startedAt: now } }),
    ),
    ...(initial.length === 0
      ? {}
      : { initContainerStatuses: initial.map((container) => containerStatus(container, completed)) }),
  };
  store.update(PODS, { ...pod, status });
  for (const container of containers) {
    const name = textAt(container, 'name');
    const image = textAt(container, 'image');
    recordEvent(store, pod, 'kubelet', 'Pulled', `Container image "${image}" simulated: nothing was pulled`);
    recordEvent(store, pod, 'kubelet', 'Started', `Started container ${name} (simulated)`);
  }
}

function containerStatus(container: Json, state: JsonObject): JsonObject {
  const image = isObject(container) ? textAt(container, 'image') : '';
  return {
    name: textAt(container, 'name'),
    image,
    imageID: `standin://${image}`,
    containerID: `standin://${textAt(container, 'name')}`,
    ready: true,
    started: true,
    restartCount: numberAt(container, 'restartCount') ?? 0,
    state,
    lastState: {},
  };
}

function condition(type: string, time: string): JsonObject {
  return { type, status: 'True', lastProbeTime: null, lastTransitionTime: time };
}
