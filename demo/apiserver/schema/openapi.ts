// OpenAPI v3 by group and version, as far as kubectl reads it: `explain`, and the proof that PATCH takes
// fieldValidation, which `apply` looks for before it leaves validation to the server.
// PATCH deliberately lists no strategic merge body: kubectl then merges by its own compiled types, which know more.
import type { Json, JsonObject } from '../json.ts';
import { GROUP_VERSIONS, RESOURCE_TYPES, groupVersionOf, splitGroupVersion } from '../resource-types.ts';
import type { ResourceType } from '../resource-types.ts';
import type { FieldType, ScalarType } from './type-table.ts';
import { typeNamed } from './types.ts';

export const STANDIN_VERSION = 'v1.34.0+standin';

const SCALARS = {
  string: { type: 'string', default: '' },
  integer: { type: 'integer', format: 'int64' },
  boolean: { type: 'boolean' },
  time: { type: 'string', format: 'date-time' },
  quantity: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  intOrString: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  bytes: { type: 'string', format: 'byte' },
} as const satisfies Record<ScalarType, JsonObject>;

/** `/openapi/v3`: where each group's document is. */
export function openApiIndex(): JsonObject {
  const paths = GROUP_VERSIONS.map((groupVersion): [string, Json] => {
    const root = groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
    return [root, { serverRelativeURL: `/openapi/v3/${root}?hash=standin` }];
  });
  return { paths: Object.fromEntries(paths) };
}

/** The document of one group and version, or undefined where none is served. */
export function openApiDocument(groupVersion: string): JsonObject | undefined {
  const types = RESOURCE_TYPES.filter((type) => groupVersionOf(type) === groupVersion);
  if (types.length === 0) return undefined;
  const schemas = new Map<string, Json>();
  for (const type of types) addSchema(schemas, type.kind, schemaName(type), type);
  return {
    openapi: '3.0.0',
    info: { title: 'cluster-connect demo API server (a stand-in for Kubernetes)', version: STANDIN_VERSION },
    paths: Object.fromEntries(types.map((type) => [objectPath(type), pathItem(type)])),
    components: { schemas: Object.fromEntries(schemas) },
  };
}

function objectPath(type: ResourceType): string {
  const groupVersion = groupVersionOf(type);
  const root = type.group === '' ? `/api/${groupVersion}` : `/apis/${groupVersion}`;
  const place = type.namespaced ? '/namespaces/{namespace}' : '';
  return `${root}${place}/${type.resource}${type.stored ? '/{name}' : ''}`;
}

function pathItem(type: ResourceType): JsonObject {
  const kind = { group: type.group, version: type.version, kind: type.kind };
  const answer = {
    content: { 'application/json': { schema: reference(schemaName(type)) } },
    description: 'OK',
  };
  const base = { responses: { 200: answer }, 'x-kubernetes-group-version-kind': kind };
  const names = ['dryRun', 'fieldManager', 'fieldValidation'];
  const parameters = names.map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }));
  if (!type.stored) return { post: { ...base, 'x-kubernetes-action': 'post', parameters } };
  return {
    get: { ...base, 'x-kubernetes-action': 'get' },
    put: { ...base, 'x-kubernetes-action': 'put', parameters },
    patch: {
      ...base,
      'x-kubernetes-action': 'patch',
      parameters: [
        ...parameters,
        { name: 'force', in: 'query', schema: { type: 'boolean', uniqueItems: true } },
      ],
      requestBody: { content: { 'application/merge-patch+json': { schema: { type: 'object' } } } },
    },
    delete: { ...base, 'x-kubernetes-action': 'delete' },
  };
}

function schemaName(type: ResourceType): string {
  const { group } = splitGroupVersion(groupVersionOf(type));
  const area = group === '' ? 'core' : (group.split('.', 1)[0] ?? group);
  return `io.k8s.api.${area}.${type.version}.${type.kind}`;
}

function partName(typeName: string): string {
  return `io.k8s.standin.${typeName}`;
}

function reference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

function addSchema(schemas: Map<string, Json>, typeName: string, name: string, of?: ResourceType): void {
  const type = typeNamed(typeName);
  if (type === undefined || schemas.has(name)) return;
  schemas.set(name, {});
  const properties = [...type.fields].map(([field, { type: fieldType, description }]): [string, Json] => {
    return [field, { ...property(schemas, fieldType), ...(description === '' ? {} : { description }) }];
  });
  const required = [...type.fields].filter(([, field]) => field.required).map(([field]) => field);
  const kind = of === undefined ? {} : { group: of.group, version: of.version, kind: of.kind };
  schemas.set(name, {
    type: 'object',
    description: type.description,
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    ...(of === undefined ? {} : { 'x-kubernetes-group-version-kind': [kind] }),
  });
}

function property(schemas: Map<string, Json>, type: FieldType): JsonObject {
  if (type.form === 'scalar') return SCALARS[type.scalar];
  if (type.form === 'open') return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  if (type.form === 'map') return { type: 'object', additionalProperties: property(schemas, type.values) };
  if (type.form === 'named') {
    addSchema(schemas, type.typeName, partName(type.typeName));
    return { allOf: [reference(partName(type.typeName))], default: {} };
  }
  const list = { type: 'array', items: property(schemas, type.items) };
  if (type.mergeKey === undefined) return list;
  const key = type.mergeKey === '=' ? {} : { 'x-kubernetes-patch-merge-key': type.mergeKey };
  return { ...list, ...key, 'x-kubernetes-patch-strategy': 'merge' };
}
