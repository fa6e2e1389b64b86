// What is read of the apiserver's bindings: which groups each of them names, and where in time a list or an event is.
// Kubernetes API concepts, "Efficient detection of changes"; rbac.authorization.k8s.io/v1.
import type { GroupLimits } from './limits.ts';

export const BINDING_RESOURCES = ['clusterrolebindings', 'rolebindings'] as const;
export type BindingResource = (typeof BINDING_RESOURCES)[number];

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

export interface Binding {
  /** Namespace and name. */
  readonly key: string;
  /** Names of subjects of kind Group, each once, as bytes for a header; few bindings have any. */
  readonly groups: readonly string[];
}

export interface BindingPage {
  readonly bindings: readonly Binding[];
  readonly resourceVersion: string;
  /** Of the next page; '' for the last one. */
  readonly next: string;
}

export type BindingEvent =
  | { readonly type: 'changed' | 'deleted'; readonly binding: Binding; readonly resourceVersion: string }
  | { readonly type: 'bookmark'; readonly resourceVersion: string }
  /** The apiserver's words about the watch itself; 410 when it no longer knows what came after that version. */
  | { readonly type: 'error'; readonly status: number };

export function listTarget(resource: BindingResource, next: string, limits: GroupLimits): string {
  const query = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
  return `${RBAC}/${resource}?limit=${limits.PAGE_SIZE}${query}`;
}

export function watchTarget(resource: BindingResource, resourceVersion: string, seconds: number): string {
  const version = encodeURIComponent(resourceVersion);
  return `${RBAC}/${resource}?watch=true&allowWatchBookmarks=true&resourceVersion=${version}&timeoutSeconds=${seconds}`;
}

/** @throws TypeError, SyntaxError for what is not a list of bindings */
export function readPage(text: string, limits: GroupLimits): BindingPage {
  const list = asRecord(JSON.parse(text));
  const { resourceVersion, continue: next = '' } = asRecord(list['metadata']);
  const items = list['items'];
  if (!Array.isArray(items) || typeof resourceVersion !== 'string' || typeof next !== 'string') {
    throw new TypeError('the kube-apiserver answered something that is no list');
  }
  return { bindings: items.map((item) => readBinding(item, limits)), resourceVersion, next };
}

/** @throws TypeError, SyntaxError for what is not an event of a watch */
export function readEvent(line: string, limits: GroupLimits): BindingEvent {
  const { type, object } = asRecord(JSON.parse(line));
  if (type === 'ERROR') {
    const { code } = asRecord(object);
    return { type: 'error', status: typeof code === 'number' ? code : 0 };
  }
  const { resourceVersion } = asRecord(asRecord(object)['metadata']);
  if (typeof resourceVersion === 'string') {
    if (type === 'BOOKMARK') return { type: 'bookmark', resourceVersion };
    if (type === 'ADDED' || type === 'MODIFIED') {
      return { type: 'changed', binding: readBinding(object, limits), resourceVersion };
    }
    if (type === 'DELETED') return { type: 'deleted', binding: readBinding(object, limits), resourceVersion };
  }
  throw new TypeError('the kube-apiserver sent something that is no event of a watch');
}

function readBinding(object: unknown, limits: GroupLimits): Binding {
  const { metadata, subjects } = asRecord(object);
  const { namespace = '', name } = asRecord(metadata);
  if (typeof name !== 'string' || typeof namespace !== 'string') {
    throw new TypeError('the kube-apiserver sent a binding without a name');
  }
  const groups = new Set<string>();
  for (const subject of Array.isArray(subjects) ? subjects : []) {
    const { kind, name: group } = asRecord(subject);
    if (kind !== 'Group' || typeof group !== 'string' || group.length > limits.MAX_GROUP_LENGTH) continue;
    // No token's group begins so: auth/ refuses it.
    if (group.startsWith('system:')) continue;
    groups.add(asHeaderBytes(group));
  }
  return { key: `${namespace}/${name}`, groups: groups.size === 0 ? NO_GROUPS : [...groups] };
}

const NO_GROUPS: readonly string[] = [];

/** A name as auth/ writes it into a header: latin1 that holds UTF-8. */
export function asHeaderBytes(name: string): string {
  return Buffer.from(name, 'utf8').toString('latin1');
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
