// Discovery: which groups, versions and resources there are. In one answer (aggregated, apidiscovery.k8s.io/v2) for
// today's kubectl, and group by group for older clients.
import type { JsonObject } from '../json.ts';
import { GROUP_VERSIONS, RESOURCE_TYPES, groupVersionOf, splitGroupVersion } from '../resource-types.ts';
import type { ResourceType } from '../resource-types.ts';

export type DiscoveryVersion = 'v2' | 'v2beta1';

const GROUPS = [...new Set(RESOURCE_TYPES.map(({ group }) => group))];

/** `/api` (the core group) or `/apis` (the others) as an APIGroupDiscoveryList. */
export function aggregatedDiscovery(version: DiscoveryVersion, core: boolean): JsonObject {
  const groups = GROUPS.filter((group) => (group === '') === core);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
      versions: versionsOf(group).map((groupVersion) => ({
        version: splitGroupVersion(groupVersion).version,
        freshness: 'Current',
        resources: typesOf(groupVersion).map(aggregatedResource),
      })),
    })),
  };
}

function aggregatedResource(type: ResourceType): JsonObject {
  const responseKind = { group: type.group, version: type.version, kind: type.kind };
  return {
    resource: type.resource,
    responseKind,
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: type.verbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
    ...(type.subresources.length === 0
      ? {}
      : {
          subresources: type.subresources.map(({ name, group, version, kind, verbs }) => {
            return { subresource: name, responseKind: { group, version, kind }, verbs };
          }),
        }),
  };
}

/** `/api` for clients that know no aggregated discovery. */
export function coreVersions(address: string): JsonObject {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: address }];
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs };
}

/** `/apis` for clients that know no aggregated discovery. */
export function groupList(): JsonObject {
  const groups = GROUPS.filter((group) => group !== '').map(groupObject);
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** `/apis/<group>`, or undefined. */
export function groupDiscovery(group: string): JsonObject | undefined {
  if (group === '' || !GROUPS.includes(group)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupObject(group) };
}

function groupObject(group: string): JsonObject {
  const versions = versionsOf(group).map((groupVersion) => {
    return { groupVersion, version: splitGroupVersion(groupVersion).version };
  });
  const [preferredVersion = {}] = versions;
  return { name: group, versions, preferredVersion };
}

/** `/api/v1` or `/apis/<group>/<version>`, or undefined. */
export function resourceList(groupVersion: string): JsonObject | undefined {
  const types = typesOf(groupVersion);
  if (types.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: types.flatMap((type) => [
      {
        name: type.resource,
        singularName: type.singular,
        namespaced: type.namespaced,
        kind: type.kind,
        verbs: type.verbs,
        ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
        ...(type.categories.length === 0 ? {} : { categories: type.categories }),
      },
      ...type.subresources.map(({ name, group, version, kind, verbs }) => ({
        name: `${type.resource}/${name}`,
        singularName: '',
        namespaced: type.namespaced,
        ...(group === type.group && version === type.version ? {} : { group, version }),
        kind,
        verbs,
      })),
    ]),
  };
}

function versionsOf(group: string): string[] {
  return GROUP_VERSIONS.filter((groupVersion) => splitGroupVersion(groupVersion).group === group);
}

function typesOf(groupVersion: string): ResourceType[] {
  return RESOURCE_TYPES.filter((type) => groupVersionOf(type) === groupVersion);
}
