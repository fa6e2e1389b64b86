// What the JSON of an answer comes to, in a line or a few, where no kubectl makes a table of it. Pure.
import { stringify } from 'yaml';

type JsonObject = Readonly<Record<string, unknown>>;

/** Anything that is not JSON of Kubernetes stays as it is. */
export function digestBody(text: string, status: number): string {
  const value = parseJson(text);
  if (value === undefined || typeof value['kind'] !== 'string') return text;
  const items = value['items'];
  if (Array.isArray(items)) {
    const kind = value['kind'].replace(/List$/, '');
    return items
      .filter(isObject)
      .map((item) => `${describe(item, kind)}\n`)
      .join('');
  }
  if (value['kind'] === 'SelfSubjectReview') return stringify(at(at(value, 'status'), 'userInfo'));
  if (value['kind'] === 'Status') return `${describeStatus(value)}\n`;
  return `${describe(value, value['kind'])}${status === 201 ? ' created' : ''}\n`;
}

/** One line of a watch: `{"type":"ADDED","object":{...}}`. */
export function digestWatchLine(line: string): string {
  const value = parseJson(line);
  const object = at(value, 'object');
  if (value === undefined || typeof value['type'] !== 'string') return line;
  return `${value['type'].padEnd(9)} ${describe(object, text(object['kind']))}`;
}

function describe(object: JsonObject, kind: string): string {
  const name = `${kind.toLowerCase()}/${text(at(object, 'metadata')['name'])}`;
  const phase = text(at(object, 'status')['phase']);
  return phase === '' ? name : `${name}  ${phase}`;
}

function describeStatus(status: JsonObject): string {
  return [text(status['status']), text(status['reason']), text(status['message'])]
    .filter((part) => part !== '')
    .join(': ');
}

function parseJson(source: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(source);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function at(object: JsonObject | undefined, key: string): JsonObject {
  const value = object?.[key];
  return isObject(value) ? value : {};
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
