// The kinds that the stand-in serves: one table, which discovery, OpenAPI, routing and the store all read.

export interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: readonly string[];
}

export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** Reviews are answered, never stored. */
  readonly stored: boolean;
}

const STORED_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const STATUS_VERBS = ['get', 'patch', 'update'];

interface Shape {
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly clusterScoped?: boolean;
  readonly subresources?: readonly Subresource[];
}

function stored(groupVersion: string, resource: string, kind: string, shape: Shape = {}): ResourceType {
  return {
    ...splitGroupVersion(groupVersion),
    resource,
    singular: kind.toLowerCase(),
    kind,
    namespaced: shape.clusterScoped !== true,
    shortNames: shape.shortNames ?? [],
    categories: shape.categories ?? [],
    verbs: STORED_VERBS,
    subresources: shape.subresources ?? [],
    stored: true,
  };
}

function review(groupVersion: string, resource: string, kind: string, namespaced = false): ResourceType {
  const type = stored(groupVersion, resource, kind, { clusterScoped: !namespaced });
  return { ...type, verbs: ['create'], stored: false };
}

function part(name: string, kind: string, verbs: readonly string[], groupVersion = 'v1'): Subresource {
  return { name, kind, verbs, ...splitGroupVersion(groupVersion) };
}

/** `apps/v1` → group and version; the core group is the empty string. */
export function splitGroupVersion(groupVersion: string): { group: string; version: string } {
  const slash = groupVersion.indexOf('/');
  if (slash < 0) return { group: '', version: groupVersion };
  return { group: groupVersion.slice(0, slash), version: groupVersion.slice(slash + 1) };
}

export function groupVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

const SCALE = part('scale', 'Scale', STATUS_VERBS, 'autoscaling/v1');
const RBAC = 'rbac.authorization.k8s.io/v1';
const AUTHORIZATION = 'authorization.k8s.io/v1';
const AUTHENTICATION = 'authentication.k8s.io/v1';

export const PODS = stored('v1', 'pods', 'Pod', {
  shortNames: ['po'],
  categories: ['all'],
  subresources: [
    part('exec', 'PodExecOptions', ['create', 'get']),
    part('log', 'Pod', ['get']),
    part('status', 'Pod', STATUS_VERBS),
  ],
});
export const NAMESPACES = stored('v1', 'namespaces', 'Namespace', {
  shortNames: ['ns'],
  clusterScoped: true,
  subresources: [part('status', 'Namespace', STATUS_VERBS)],
});
export const CONFIG_MAPS = stored('v1', 'configmaps', 'ConfigMap', { shortNames: ['cm'] });
export const SECRETS = stored('v1', 'secrets', 'Secret');
export const SERVICE_ACCOUNTS = stored('v1', 'serviceaccounts', 'ServiceAccount', {
  shortNames: ['sa'],
  subresources: [part('token', 'TokenRequest', ['create'], AUTHENTICATION)],
});
export const SERVICES = stored('v1', 'services', 'Service', {
  shortNames: ['svc'],
  categories: ['all'],
  subresources: [part('status', 'Service', STATUS_VERBS)],
});
export const EVENTS = stored('v1', 'events', 'Event', { shortNames: ['ev'] });
export const NODES = stored('v1', 'nodes', 'Node', {
  shortNames: ['no'],
  clusterScoped: true,
  subresources: [part('status', 'Node', STATUS_VERBS)],
});
export const DEPLOYMENTS = stored('apps/v1', 'deployments', 'Deployment', {
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: [SCALE, part('status', 'Deployment', STATUS_VERBS, 'apps/v1')],
});
export const REPLICA_SETS = stored('apps/v1', 'replicasets', 'ReplicaSet', {
  shortNames: ['rs'],
  categories: ['all'],
  subresources: [SCALE, part('status', 'ReplicaSet', STATUS_VERBS, 'apps/v1')],
});
export const ROLES = stored(RBAC, 'roles', 'Role');
export const ROLE_BINDINGS = stored(RBAC, 'rolebindings', 'RoleBinding');
export const CLUSTER_ROLES = stored(RBAC, 'clusterroles', 'ClusterRole', { clusterScoped: true });
export const CLUSTER_ROLE_BINDINGS = stored(RBAC, 'clusterrolebindings', 'ClusterRoleBinding', {
  clusterScoped: true,
});

export const LEASES = stored('coordination.k8s.io/v1', 'leases', 'Lease');

/** In the order in which discovery lists them. */
export const RESOURCE_TYPES: readonly ResourceType[] = [
  CONFIG_MAPS,
  EVENTS,
  NAMESPACES,
  NODES,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
  DEPLOYMENTS,
  REPLICA_SETS,
  review(AUTHENTICATION, 'selfsubjectreviews', 'SelfSubjectReview'),
  review(AUTHENTICATION, 'tokenreviews', 'TokenReview'),
  review(AUTHORIZATION, 'localsubjectaccessreviews', 'LocalSubjectAccessReview', true),
  review(AUTHORIZATION, 'selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
  review(AUTHORIZATION, 'selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
  review(AUTHORIZATION, 'subjectaccessreviews', 'SubjectAccessReview'),
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  ROLE_BINDINGS,
  ROLES,
  LEASES,
];

/** The groups and versions served, core first, each once. */
export const GROUP_VERSIONS: readonly string[] = [...new Set(RESOURCE_TYPES.map(groupVersionOf))];

export function findResourceType(group: string, version: string, resource: string): ResourceType | undefined {
  return RESOURCE_TYPES.find(
    (type) => type.group === group && type.version === version && type.resource === resource,
  );
}

export function findKind(apiVersion: string, kind: string): ResourceType | undefined {
  return RESOURCE_TYPES.find((type) => type.kind === kind && groupVersionOf(type) === apiVersion);
}
