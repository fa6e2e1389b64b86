// Kubernetes' strategic merge patch: like a merge patch, but lists of named things are merged item by item.
// The merge keys come from the type table; `$patch`, `$deleteFromPrimitiveList`, `$retainKeys` and
// `$setElementOrder` are understood as k8s.io/apimachinery strategicpatch does.
import { at, isList, isObject, sameJson, textAt } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { typeNamed } from '../schema/types.ts';
import type { FieldType } from '../schema/type-table.ts';
import { badRequest } from '../status-error.ts';

const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';
/** Merging costs the product of both lengths. */
const MAX_MERGED_ITEMS = 5_000;
const OPEN: FieldType = { form: 'open' };

/** @throws StatusError 400 for directives that make no sense */
export function strategicMerge(kind: string, target: JsonObject, patch: JsonObject): JsonObject {
  return mergeObject({ form: 'named', typeName: kind }, target, patch) ?? {};
}

/** Undefined where the patch says to delete the object. */
function mergeObject(type: FieldType, target: JsonObject, patch: JsonObject): JsonObject | undefined {
  const directive = textAt(patch, '$patch');
  if (directive === 'delete') return undefined;
  const plain = Object.entries(patch).filter(([name]) => !name.startsWith('$'));
  if (directive === 'replace') return Object.fromEntries(plain);
  const merged = new Map(Object.entries(retained(target, at(patch, '$retainKeys'))));
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith(DELETE_FROM_LIST)) removeValues(merged, name.slice(DELETE_FROM_LIST.length), value);
  }
  for (const [name, value] of plain) {
    const result = mergeValue(fieldType(type, name), merged.get(name), value);
    if (result === undefined) merged.delete(name);
    else merged.set(name, result);
  }
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith(SET_ORDER)) reorder(merged, name.slice(SET_ORDER.length), value, type);
  }
  return Object.fromEntries(merged);
}

function mergeValue(type: FieldType, target: Json | undefined, patch: Json): Json | undefined {
  if (patch === null) return undefined;
  if (isObject(patch)) return mergeObject(type, isObject(target) ? target : {}, patch);
  if (!isList(patch)) return patch;
  if (type.form !== 'list' || type.mergeKey === undefined) return patch;
  const current = isList(target) ? target : [];
  if (Math.max(current.length, patch.length) > MAX_MERGED_ITEMS) {
    throw badRequest(`the stand-in merges lists of at most ${MAX_MERGED_ITEMS} items`);
  }
  if (type.mergeKey !== '=') return mergeList(type.items, type.mergeKey, current, patch);
  return [...current, ...patch.filter((item) => !current.some((known) => sameJson(known, item)))];
}

function mergeList(
  items: FieldType,
  key: string,
  target: readonly Json[],
  patch: readonly Json[],
): readonly Json[] {
  if (patch.some((item) => textAt(item, '$patch') === 'replace')) {
    return patch.filter((item) => at(item, '$patch') === undefined);
  }
  const merged = [...target];
  for (const item of patch) {
    const wanted = at(item, key);
    if (!isObject(item) || wanted === undefined)
      throw badRequest(`an item of the patch lacks its merge key "${key}"`);
    const index = merged.findIndex((known) => sameJson(at(known, key), wanted));
    const known = merged[index];
    const result = mergeObject(items, isObject(known) ? known : {}, item);
    if (result === undefined) {
      if (index >= 0) merged.splice(index, 1);
    } else if (index < 0) merged.push(result);
    else merged[index] = result;
  }
  return merged;
}

function retained(target: JsonObject, keys: Json | undefined): JsonObject {
  if (!isList(keys)) return target;
  return Object.fromEntries(Object.entries(target).filter(([name]) => keys.includes(name)));
}

function removeValues(merged: Map<string, Json>, name: string, values: Json): void {
  const list = merged.get(name);
  if (!isList(list) || !isList(values) || Math.max(list.length, values.length) > MAX_MERGED_ITEMS) return;
  merged.set(
    name,
    list.filter((item) => !values.some((value) => sameJson(item, value))),
  );
}

/** Items that the order names come first, in that order; the others keep theirs after them. */
function reorder(merged: Map<string, Json>, name: string, order: Json, type: FieldType): void {
  const list = merged.get(name);
  const field = fieldType(type, name);
  if (!isList(list) || !isList(order) || field.form !== 'list') return;
  if (Math.max(list.length, order.length) > MAX_MERGED_ITEMS) return;
  const key = field.mergeKey ?? '=';
  const identity = (item: Json): Json | undefined => (key === '=' ? item : at(item, key));
  const rank = (item: Json): number => {
    const index = order.findIndex((wanted) => sameJson(identity(wanted), identity(item)));
    return index < 0 ? order.length : index;
  };
  merged.set(
    name,
    list.toSorted((a, b) => rank(a) - rank(b)),
  );
}

function fieldType(type: FieldType, name: string): FieldType {
  if (type.form === 'map') return type.values;
  if (type.form !== 'named') return OPEN;
  return typeNamed(type.typeName)?.fields.get(name)?.type ?? OPEN;
}
