// The columns that `kubectl get` shows, kind by kind, named and filled as kube-apiserver's printers do.
import { at, listAt, numberAt, objectAt, textAt, textMapAt, textsAt } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer';
  /** 1: only with `-o wide`. */
  readonly priority: 0 | 1;
  readonly cell: (object: JsonObject) => Json;
}

const NONE = '<none>';

function column(
  name: string,
  cell: Column['cell'],
  options: { integer?: boolean; wide?: boolean } = {},
): Column {
  return {
    name,
    cell,
    type: options.integer === true ? 'integer' : 'string',
    priority: options.wide === true ? 1 : 0,
  };
}

function wide(name: string, cell: Column['cell']): Column {
  return column(name, cell, { wide: true });
}

function count(name: string, cell: Column['cell']): Column {
  return column(name, cell, { integer: true });
}

const NAME = column('Name', (object) => textAt(object, 'metadata', 'name'));
const AGE = column('Age', (object) => age(textAt(object, 'metadata', 'creationTimestamp')));
const CREATED = column('Created At', (object) => textAt(object, 'metadata', 'creationTimestamp'));
const CONTAINERS = wide('Containers', (object) => containerTexts(object, 'name'));
const IMAGES = wide('Images', (object) => containerTexts(object, 'image'));
const SELECTOR = wide('Selector', (object) => labelsText(at(object, 'spec', 'selector', 'matchLabels')));

const COLUMNS: ReadonlyMap<string, readonly Column[]> = new Map([
  [
    'Pod',
    [
      NAME,
      column('Ready', (pod) => {
        const ready = listAt(pod, 'status', 'containerStatuses').filter(
          (status) => at(status, 'ready') === true,
        );
        return `${ready.length}/${listAt(pod, 'spec', 'containers').length}`;
      }),
      column('Status', podStatus),
      column('Restarts', (pod) => {
        const counts = listAt(pod, 'status', 'containerStatuses').map(
          (status) => numberAt(status, 'restartCount') ?? 0,
        );
        return String(counts.reduce((sum, restarts) => sum + restarts, 0));
      }),
      AGE,
      wide('IP', (pod) => textAt(pod, 'status', 'podIP') || NONE),
      wide('Node', (pod) => textAt(pod, 'spec', 'nodeName') || NONE),
      wide('Nominated Node', (pod) => textAt(pod, 'status', 'nominatedNodeName') || NONE),
      wide('Readiness Gates', () => NONE),
    ],
  ],
  [
    'Deployment',
    [
      NAME,
      column(
        'Ready',
        (item) => `${statusCount(item, 'readyReplicas')}/${numberAt(item, 'spec', 'replicas') ?? 0}`,
      ),
      column('Up-to-date', (item) => String(statusCount(item, 'updatedReplicas'))),
      column('Available', (item) => String(statusCount(item, 'availableReplicas'))),
      AGE,
      CONTAINERS,
      IMAGES,
      SELECTOR,
    ],
  ],
  [
    'ReplicaSet',
    [
      NAME,
      count('Desired', (item) => numberAt(item, 'spec', 'replicas') ?? 0),
      count('Current', (item) => statusCount(item, 'replicas')),
      count('Ready', (item) => statusCount(item, 'readyReplicas')),
      AGE,
      CONTAINERS,
      IMAGES,
      SELECTOR,
    ],
  ],
  [
    'Service',
    [
      NAME,
      column('Type', (item) => textAt(item, 'spec', 'type')),
      column('Cluster-IP', (item) => textAt(item, 'spec', 'clusterIP') || NONE),
      column('External-IP', (item) => textsAt(item, 'spec', 'externalIPs').join(',') || NONE),
      column('Port(s)', servicePorts),
      AGE,
      wide('Selector', (item) => labelsText(at(item, 'spec', 'selector'))),
    ],
  ],
  ['Namespace', [NAME, column('Status', (item) => textAt(item, 'status', 'phase')), AGE]],
  [
    'Node',
    [
      NAME,
      column('Status', nodeStatus),
      column('Roles', nodeRoles),
      AGE,
      column('Version', (node) => textAt(node, 'status', 'nodeInfo', 'kubeletVersion')),
      wide('Internal-IP', (node) => nodeAddress(node, 'InternalIP')),
      wide('External-IP', (node) => nodeAddress(node, 'ExternalIP')),
      wide('OS-Image', (node) => textAt(node, 'status', 'nodeInfo', 'osImage')),
      wide('Kernel-Version', (node) => textAt(node, 'status', 'nodeInfo', 'kernelVersion')),
      wide('Container-Runtime', (node) => textAt(node, 'status', 'nodeInfo', 'containerRuntimeVersion')),
    ],
  ],
  [
    'ConfigMap',
    [NAME, count('Data', (item) => fieldCount(item, 'data') + fieldCount(item, 'binaryData')), AGE],
  ],
  [
    'Secret',
    [
      NAME,
      column('Type', (item) => textAt(item, 'type')),
      count('Data', (item) => fieldCount(item, 'data')),
      AGE,
    ],
  ],
  ['ServiceAccount', [NAME, count('Secrets', (item) => listAt(item, 'secrets').length), AGE]],
  [
    'Event',
    [
      column('Last Seen', (event) =>
        age(textAt(event, 'lastTimestamp') || textAt(event, 'metadata', 'creationTimestamp')),
      ),
      column('Type', (event) => textAt(event, 'type')),
      column('Reason', (event) => textAt(event, 'reason')),
      column('Object', (event) => {
        return `${textAt(event, 'involvedObject', 'kind').toLowerCase()}/${textAt(event, 'involvedObject', 'name')}`;
      }),
      wide('Subobject', (event) => textAt(event, 'involvedObject', 'fieldPath')),
      wide('Source', (event) => textAt(event, 'source', 'component')),
      column('Message', (event) => textAt(event, 'message').trim()),
      wide('First Seen', (event) => age(textAt(event, 'firstTimestamp'))),
      wide('Count', (event) => String(numberAt(event, 'count') ?? 1)),
      wide('Name', (event) => textAt(event, 'metadata', 'name')),
    ],
  ],
  ['Role', [NAME, CREATED]],
  ['ClusterRole', [NAME, CREATED]],
  ['RoleBinding', bindingColumns()],
  ['ClusterRoleBinding', bindingColumns()],
  ['Lease', [NAME, column('Holder', (lease) => textAt(lease, 'spec', 'holderIdentity')), AGE]],
]);

export function columnsOf(kind: string): readonly Column[] {
  return COLUMNS.get(kind) ?? [NAME, AGE];
}

function bindingColumns(): Column[] {
  const subjects = (binding: JsonObject, kind: string): string => {
    return listAt(binding, 'subjects')
      .filter((subject) => textAt(subject, 'kind') === kind)
      .map((subject) =>
        [textAt(subject, 'namespace'), textAt(subject, 'name')].filter((part) => part !== '').join('/'),
      )
      .join(', ');
  };
  return [
    NAME,
    column(
      'Role',
      (binding) => `${textAt(binding, 'roleRef', 'kind')}/${textAt(binding, 'roleRef', 'name')}`,
    ),
    AGE,
    wide('Users', (binding) => subjects(binding, 'User')),
    wide('Groups', (binding) => subjects(binding, 'Group')),
    wide('ServiceAccounts', (binding) => subjects(binding, 'ServiceAccount')),
  ];
}

/** `90s`, `5m10s`, `3h`, `2d`: two units while small, as k8s.io/apimachinery duration.HumanDuration. */
export function age(time: string, nowMs = Date.now()): string {
  const sinceMs = nowMs - Date.parse(time);
  if (Number.isNaN(sinceMs)) return '<unknown>';
  const seconds = Math.max(0, Math.floor(sinceMs / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return join(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return join(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  return days < 8 ? join(days, 'd', hours % 24, 'h') : `${days}d`;
}

function join(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
}

function podStatus(pod: JsonObject): string {
  if (textAt(pod, 'metadata', 'deletionTimestamp') !== '') return 'Terminating';
  for (const status of listAt(pod, 'status', 'containerStatuses')) {
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    if (waiting !== '') return waiting;
    const ended = textAt(status, 'state', 'terminated', 'reason');
    if (ended !== '') return ended;
  }
  return textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase');
}

function statusCount(object: JsonObject, field: string): number {
  return numberAt(object, 'status', field) ?? 0;
}

function fieldCount(object: JsonObject, field: string): number {
  return Object.keys(objectAt(object, field)).length;
}

function containerTexts(object: JsonObject, field: string): string {
  return listAt(object, 'spec', 'template', 'spec', 'containers')
    .map((container) => textAt(container, field))
    .join(',');
}

function labelsText(labels: Json | undefined): string {
  const pairs = [...textMapAt(labels)].map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? NONE : pairs.join(',');
}

function servicePorts(service: JsonObject): string {
  const ports = listAt(service, 'spec', 'ports').map((port) => {
    const nodePort = numberAt(port, 'nodePort');
    const outer = nodePort === undefined ? '' : `:${nodePort}`;
    return `${numberAt(port, 'port') ?? 0}${outer}/${textAt(port, 'protocol')}`;
  });
  return ports.length === 0 ? NONE : ports.join(',');
}

function nodeStatus(node: JsonObject): string {
  const ready = listAt(node, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type') === 'Ready',
  );
  const state = textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return at(node, 'spec', 'unschedulable') === true ? `${state},SchedulingDisabled` : state;
}

function nodeRoles(node: JsonObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = [...textMapAt(node, 'metadata', 'labels').keys()].filter((key) => key.startsWith(prefix));
  return roles.map((key) => key.slice(prefix.length)).join(',') || NONE;
}

function nodeAddress(node: JsonObject, type: string): string {
  const found = listAt(node, 'status', 'addresses').find((address) => textAt(address, 'type') === type);
  return textAt(found, 'address') || NONE;
}
