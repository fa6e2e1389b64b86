// Label and field selectors, as k8s.io/apimachinery parses them: one predicate out of a query string.
import { at, numberAt, objectAt, textAt, textMapAt } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { MAX_SELECTOR_LENGTH } from '../limits.ts';
import type { ResourceType } from '../resource-types.ts';
import { badRequest } from '../status-error.ts';

export type Predicate = (object: JsonObject) => boolean;

const LABEL_KEY = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/;
const IN_SET = /^(\S+?)\s+(in|notin)\s*\(([^()]*)\)$/;
const EQUALITY = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/;
const ORDER = /^([^<>\s]+)\s*([<>])\s*(-?\d+)$/;

/** Fields besides metadata.name and metadata.namespace, by resource, as the real API allows them. */
const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'pods',
    ['spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'status.phase', 'status.podIP'],
  ],
  [
    'events',
    [
      'involvedObject.kind',
      'involvedObject.name',
      'involvedObject.namespace',
      'involvedObject.uid',
      'reason',
      'type',
    ],
  ],
  ['namespaces', ['status.phase']],
  ['nodes', ['spec.unschedulable']],
  ['secrets', ['type']],
  ['services', ['spec.clusterIP', 'spec.type']],
  ['replicasets', ['status.replicas']],
]);

type Labels = ReadonlyMap<string, string>;

/** @throws StatusError 400 */
export function parseLabelSelector(text: string): Predicate {
  checkLength(text);
  const requirements = splitOutsideParentheses(text).map(parseRequirement);
  return (object) => {
    const labels = textMapAt(object, 'metadata', 'labels');
    return requirements.every((holds) => holds(labels));
  };
}

function checkLength(selector: string): void {
  if (selector.length > MAX_SELECTOR_LENGTH) {
    throw badRequest(`a selector may have at most ${MAX_SELECTOR_LENGTH} characters`);
  }
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function parseRequirement(text: string): (labels: Labels) => boolean {
  const [, setKey = '', operator, list = ''] = IN_SET.exec(text) ?? [];
  if (operator !== undefined) {
    const values = new Set(list.split(',').map((value) => checkValue(value.trim(), text)));
    const key = checkKey(setKey, text);
    const inside = (labels: Labels): boolean => labels.has(key) && values.has(labels.get(key) ?? '');
    return operator === 'in' ? inside : (labels) => !inside(labels);
  }
  const [, equalKey = '', sign, wanted = ''] = EQUALITY.exec(text) ?? [];
  if (sign !== undefined) {
    const key = checkKey(equalKey, text);
    const value = checkValue(wanted, text);
    return sign === '!=' ? (labels) => labels.get(key) !== value : (labels) => labels.get(key) === value;
  }
  const [, orderKey = '', direction, bound = ''] = ORDER.exec(text) ?? [];
  if (direction !== undefined) {
    const key = checkKey(orderKey, text);
    const compare = (value: number): boolean =>
      direction === '<' ? value < Number(bound) : value > Number(bound);
    return (labels) => labels.has(key) && compare(Number(labels.get(key)));
  }
  if (text.startsWith('!')) {
    const key = checkKey(text.slice(1).trim(), text);
    return (labels) => !labels.has(key);
  }
  const key = checkKey(text, text);
  return (labels) => labels.has(key);
}

function checkKey(key: string, requirement: string): string {
  if (!LABEL_KEY.test(key)) throw badRequest(`unable to parse requirement: ${JSON.stringify(requirement)}`);
  return key;
}

function checkValue(value: string, requirement: string): string {
  if (!LABEL_VALUE.test(value))
    throw badRequest(`unable to parse requirement: ${JSON.stringify(requirement)}`);
  return value;
}

/** @throws StatusError 400 for a field that the resource does not offer. */
export function parseFieldSelector(text: string, type: ResourceType): Predicate {
  checkLength(text);
  const allowed = ['metadata.name', 'metadata.namespace', ...(FIELDS.get(type.resource) ?? [])];
  const requirements = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [, field = '', sign, value = ''] = EQUALITY.exec(part.trim()) ?? [];
      if (sign === undefined) throw badRequest(`invalid field selector: ${JSON.stringify(part)}`);
      if (!allowed.includes(field)) throw badRequest(`field label not supported: ${field}`);
      const path = field.split('.');
      return (object: JsonObject) => (fieldText(object, path) === value) === (sign !== '!=');
    });
  return (object) => requirements.every((holds) => holds(object));
}

function fieldText(object: JsonObject, path: readonly string[]): string {
  const value = at(object, ...path);
  if (typeof value === 'boolean') return String(value);
  return String(numberAt(object, ...path) ?? textAt(object, ...path));
}

/** A metav1.LabelSelector (matchLabels, matchExpressions) over labels; an empty one matches everything. */
export function matchesSelector(selector: Json | undefined, labels: Labels): boolean {
  for (const [key, value] of textMapAt(selector, 'matchLabels')) if (labels.get(key) !== value) return false;
  const expressions = at(selector, 'matchExpressions');
  for (const expression of Array.isArray(expressions) ? expressions : []) {
    const held = objectAt(expression);
    if (!expressionHolds(held, labels)) return false;
  }
  return true;
}

function expressionHolds(expression: JsonObject, labels: Labels): boolean {
  const key = textAt(expression, 'key');
  const values = at(expression, 'values');
  const listed = Array.isArray(values) && values.includes(labels.get(key));
  switch (textAt(expression, 'operator')) {
    case 'In':
      return labels.has(key) && listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return labels.has(key);
    case 'DoesNotExist':
      return !labels.has(key);
    default:
      return false;
  }
}
