// RFC 6902 JSON Patch and RFC 7396 merge patch, over immutable JSON.
import { isList, isObject, sameJson, textAt, at } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { MAX_PATCH_OPERATIONS } from '../limits.ts';
import { StatusError, badRequest } from '../status-error.ts';

/** RFC 7396: null removes, objects merge, everything else replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const base = isObject(target) ? target : {};
  const kept = Object.entries(base).filter(([name]) => !Object.hasOwn(patch, name));
  const changed = Object.entries(patch)
    .filter(([, value]) => value !== null)
    .map(([name, value]): [string, Json] => [name, mergePatch(at(base, name), value)]);
  return Object.fromEntries([...kept, ...changed]);
}

/** RFC 6902. @throws StatusError 400 for a malformed patch, 422 where it does not apply */
export function jsonPatch(target: JsonObject, operations: Json): Json {
  if (!isList(operations)) throw badRequest('a JSON patch is a list of operations');
  if (operations.length > MAX_PATCH_OPERATIONS) {
    throw new StatusError(
      'RequestEntityTooLarge',
      `a JSON patch may have at most ${MAX_PATCH_OPERATIONS} operations`,
    );
  }
  let document: Json = target;
  for (const operation of operations) document = applyOperation(document, operation);
  return document;
}

function applyOperation(document: Json, operation: Json): Json {
  const kind = textAt(operation, 'op');
  const path = parsePointer(textAt(operation, 'path'));
  const value = at(operation, 'value');
  const from = (): string[] => parsePointer(textAt(operation, 'from'));
  switch (kind) {
    case 'add':
      return change(document, path, 'add', required(value));
    case 'replace':
      return change(document, path, 'replace', required(value));
    case 'remove':
      return change(document, path, 'remove', null);
    case 'copy':
      return change(document, path, 'add', read(document, from()));
    case 'move':
      return change(change(document, from(), 'remove', null), path, 'add', read(document, from()));
    case 'test':
      if (!sameJson(read(document, path), required(value)))
        throw inapplicable(`test of "${path.join('/')}" failed`);
      return document;
    default:
      throw badRequest(`unknown JSON patch operation ${JSON.stringify(kind)}`);
  }
}

function required(value: Json | undefined): Json {
  if (value === undefined) throw badRequest('a JSON patch operation lacks its value');
  return value;
}

function inapplicable(why: string): StatusError {
  return new StatusError('Invalid', `the server rejected our request due to an error in our request: ${why}`);
}

/** RFC 6901. */
function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw badRequest(`${JSON.stringify(pointer)} is not a JSON pointer`);
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: Json, path: readonly string[]): Json {
  let current: Json | undefined = document;
  for (const part of path) {
    current = isList(current) ? current[listIndex(part, current.length - 1)] : at(current, part);
    if (current === undefined) throw inapplicable(`there is nothing at "/${path.join('/')}"`);
  }
  return current;
}

function listIndex(part: string, last: number): number {
  const index = /^(?:0|[1-9]\d{0,8})$/.test(part) ? Number(part) : Number.NaN;
  if (!(index <= last)) throw inapplicable(`"${part}" is not an index of the list`);
  return index;
}

function change(
  target: Json,
  path: readonly string[],
  kind: 'add' | 'replace' | 'remove',
  value: Json,
): Json {
  const [part, ...rest] = path;
  if (part === undefined) return kind === 'remove' ? {} : value;
  if (rest.length > 0) {
    const child = change(read(target, [part]), rest, kind, value);
    return isList(target)
      ? target.with(listIndex(part, target.length - 1), child)
      : { ...objectOf(target), [part]: child };
  }
  if (isList(target)) return changeList(target, part, kind, value);
  const object = objectOf(target);
  if (kind !== 'add' && !Object.hasOwn(object, part)) throw inapplicable(`there is no "${part}" to ${kind}`);
  if (kind === 'remove') return Object.fromEntries(Object.entries(object).filter(([name]) => name !== part));
  return { ...object, [part]: value };
}

function changeList(
  list: readonly Json[],
  part: string,
  kind: 'add' | 'replace' | 'remove',
  value: Json,
): Json {
  if (kind === 'add')
    return list.toSpliced(part === '-' ? list.length : listIndex(part, list.length), 0, value);
  const index = listIndex(part, list.length - 1);
  return kind === 'remove' ? list.toSpliced(index, 1) : list.with(index, value);
}

function objectOf(target: Json): JsonObject {
  if (!isObject(target)) throw inapplicable('a path leads through a value that is no object');
  return target;
}
