// Whether an object may be stored: names, required fields, and the few rules of each kind that people run into.
import {
  at,
  isList,
  isObject,
  listAt,
  numberAt,
  objectAt,
  sameJson,
  textAt,
  textMapAt,
  withAt,
} from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { MAX_REPLICAS } from '../limits.ts';
import type { ResourceType } from '../resource-types.ts';
import type { FieldType } from '../schema/type-table.ts';
import { typeNamed } from '../schema/types.ts';
import { invalid } from '../status-error.ts';
import type { FieldProblem } from '../status-error.ts';
import { matchesSelector } from './selectors.ts';

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const SERVICE = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const QUALIFIED_KEY =
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/;
const RBAC = 'rbac.authorization.k8s.io';

/** @throws StatusError 422 that lists every problem */
export function validateObject(
  type: ResourceType,
  object: JsonObject,
  previous: JsonObject | undefined,
): void {
  const problems = [
    ...nameProblems(type, object),
    ...labelProblems(object),
    ...missingFields({ form: 'named', typeName: type.kind }, object, ''),
    ...kindProblems(type.kind, object),
    ...(previous === undefined ? [] : changeProblems(type.kind, object, previous)),
  ];
  if (problems.length > 0) throw invalid(type.group, type.kind, textAt(object, 'metadata', 'name'), problems);
}

function nameProblems(type: ResourceType, object: JsonObject): FieldProblem[] {
  const name = textAt(object, 'metadata', 'name');
  const field = 'metadata.name';
  if (name === '') return [required(field, 'name or generateName is required')];
  // RBAC names may be anything that fits into a path (`system:discovery`).
  if (type.group === RBAC)
    return /^[^/%\0]{1,253}$/.test(name) && name !== '.' && name !== '..'
      ? []
      : [bad(field, name, 'a path segment')];
  const [pattern, what] =
    type.kind === 'Namespace'
      ? ([LABEL, 'a lowercase RFC 1123 label'] as const)
      : type.kind === 'Service'
        ? ([SERVICE, 'a DNS-1035 label'] as const)
        : ([SUBDOMAIN, 'a lowercase RFC 1123 subdomain'] as const);
  return pattern.test(name) ? [] : [bad(field, name, what)];
}

function labelProblems(object: JsonObject): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [key, value] of textMapAt(object, 'metadata', 'labels')) {
    if (!QUALIFIED_KEY.test(key)) problems.push(bad('metadata.labels', key, 'a qualified name'));
    if (!LABEL_VALUE.test(value)) problems.push(bad('metadata.labels', value, 'a valid label value'));
  }
  for (const [key] of textMapAt(object, 'metadata', 'annotations')) {
    if (!QUALIFIED_KEY.test(key.toLowerCase()))
      problems.push(bad('metadata.annotations', key, 'a qualified name'));
  }
  return problems;
}

function missingFields(type: FieldType, value: Json | undefined, path: string): FieldProblem[] {
  if (type.form === 'list' && isList(value)) {
    return value.flatMap((item, index) => missingFields(type.items, item, `${path}[${index}]`));
  }
  if (type.form !== 'named' || !isObject(value)) return [];
  const problems: FieldProblem[] = [];
  for (const [name, field] of typeNamed(type.typeName)?.fields ?? []) {
    const place = path === '' ? name : `${path}.${name}`;
    const found = at(value, name);
    const empty = found === undefined || found === null || (isList(found) && found.length === 0);
    if (field.required && empty) problems.push(required(place));
    problems.push(...missingFields(field.type, found, place));
  }
  return problems;
}

function kindProblems(kind: string, object: JsonObject): FieldProblem[] {
  switch (kind) {
    case 'Pod':
      return podProblems(objectAt(object, 'spec'), 'spec');
    case 'Deployment':
    case 'ReplicaSet':
      return workloadProblems(object);
    case 'Service':
      return serviceProblems(object);
    default:
      return [];
  }
}

function podProblems(spec: JsonObject, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = new Set<string>();
  listAt(spec, 'containers').forEach((container, index) => {
    const place = `${path}.containers[${index}]`;
    const name = textAt(container, 'name');
    if (name !== '' && !LABEL.test(name))
      problems.push(bad(`${place}.name`, name, 'a lowercase RFC 1123 label'));
    if (names.has(name)) problems.push({ field: `${place}.name`, message: `Duplicate value: "${name}"` });
    names.add(name);
    if (textAt(container, 'image') === '') problems.push(required(`${place}.image`));
  });
  const policy = textAt(spec, 'restartPolicy');
  if (!['Always', 'OnFailure', 'Never'].includes(policy)) {
    const message = `Unsupported value: "${policy}": supported values: "Always", "Never", "OnFailure"`;
    problems.push({ field: `${path}.restartPolicy`, message });
  }
  return problems;
}

function workloadProblems(object: JsonObject): FieldProblem[] {
  const problems = podProblems(objectAt(object, 'spec', 'template', 'spec'), 'spec.template.spec');
  const replicas = numberAt(object, 'spec', 'replicas') ?? 0;
  if (replicas < 0) {
    problems.push({
      field: 'spec.replicas',
      message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
    });
  }
  if (replicas > MAX_REPLICAS) {
    const message = `Invalid value: ${replicas}: the stand-in simulates at most ${MAX_REPLICAS}`;
    problems.push({ field: 'spec.replicas', message });
  }
  const labels = textMapAt(object, 'spec', 'template', 'metadata', 'labels');
  if (!matchesSelector(at(object, 'spec', 'selector'), labels)) {
    const message = `Invalid value: ${JSON.stringify(Object.fromEntries(labels))}: \`selector\` does not match template \`labels\``;
    problems.push({ field: 'spec.template.metadata.labels', message });
  }
  return problems;
}

function serviceProblems(object: JsonObject): FieldProblem[] {
  const headless =
    textAt(object, 'spec', 'clusterIP') === 'None' || textAt(object, 'spec', 'type') === 'ExternalName';
  if (listAt(object, 'spec', 'ports').length === 0 && !headless) return [required('spec.ports')];
  return listAt(object, 'spec', 'ports').flatMap((port, index) => {
    const number = numberAt(port, 'port') ?? 0;
    if (number >= 1 && number <= 65_535) return [];
    const message = `Invalid value: ${number}: must be between 1 and 65535, inclusive`;
    return [{ field: `spec.ports[${index}].port`, message }];
  });
}

/** Fields that cannot change once they are set. */
function changeProblems(kind: string, object: JsonObject, previous: JsonObject): FieldProblem[] {
  const fixed = (...path: string[]): FieldProblem[] => {
    if (sameJson(at(object, ...path), at(previous, ...path))) return [];
    return [{ field: path.join('.'), message: 'Invalid value: field is immutable' }];
  };
  switch (kind) {
    case 'Deployment':
    case 'ReplicaSet':
      return fixed('spec', 'selector');
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return fixed('roleRef');
    case 'ConfigMap':
    case 'Secret':
      return [
        ...(kind === 'Secret' ? fixed('type') : []),
        ...(at(previous, 'immutable') === true ? fixed('data') : []),
      ];
    case 'Pod':
      return sameJson(changeableOut(object), changeableOut(previous)) ? [] : [POD_FIXED];
    default:
      return [];
  }
}

const POD_FIXED: FieldProblem = {
  field: 'spec',
  reason: 'FieldValueForbidden',
  message: 'Forbidden: pod updates may not change fields other than container images and tolerations',
};

function changeableOut(pod: JsonObject): JsonObject {
  const containers = listAt(pod, 'spec', 'containers').map((container) =>
    withAt(objectAt(container), ['image'], ''),
  );
  const spec = objectAt(pod, 'spec');
  return { ...spec, containers, tolerations: [], activeDeadlineSeconds: 0, terminationGracePeriodSeconds: 0 };
}

function required(field: string, detail = ''): FieldProblem {
  const message = detail === '' ? 'Required value' : `Required value: ${detail}`;
  return { field, message, reason: 'FieldValueRequired' };
}

function bad(field: string, value: string, what: string): FieldProblem {
  return { field, message: `Invalid value: ${JSON.stringify(value)}: must be ${what}` };
}
