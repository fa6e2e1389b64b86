// Server-side apply, simplified: the last configuration of each field manager is remembered beside the object (not in
// managedFields). Fields that a manager no longer applies go away; a field that two managers apply with different
// values is a conflict unless forced. Plain updates claim no fields here: a documented difference from the real one.
import { at, isList, isObject, sameJson, textAt } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { FieldType } from '../schema/type-table.ts';
import { typeNamed } from '../schema/types.ts';
import { StatusError, badRequest } from '../status-error.ts';
import { strategicMerge } from './strategic-merge.ts';

/** Managers remembered for one object; another one is refused. */
const MAX_MANAGERS = 20;
/** Objects whose managers are remembered. */
const MAX_APPLIED_OBJECTS = 5_000;

export interface ServerSideApply {
  /** The object that results. @throws StatusError 400, 409 */
  merge(kind: string, current: JsonObject, applied: JsonObject, manager: string, force: boolean): JsonObject;
  /** Remembers what a manager applied, once it is stored. */
  remember(uid: string, manager: string, applied: JsonObject): void;
  forget(uid: string): void;
}

export function createServerSideApply(): ServerSideApply {
  const configurations = new Map<string, Map<string, JsonObject>>();
  return {
    merge(kind, current, applied, manager, force) {
      const known = configurations.get(textAt(current, 'metadata', 'uid')) ?? new Map<string, JsonObject>();
      if (!known.has(manager) && known.size >= MAX_MANAGERS) {
        throw badRequest(`an object may have at most ${MAX_MANAGERS} field managers`);
      }
      const type: FieldType = { form: 'named', typeName: kind };
      if (!force) refuseConflicts(type, known, manager, applied);
      const previous = known.get(manager);
      const pruned = previous === undefined ? current : prune(type, current, previous, applied);
      return strategicMerge(kind, isObject(pruned) ? pruned : current, applied);
    },
    remember(uid, manager, applied) {
      if (configurations.size >= MAX_APPLIED_OBJECTS && !configurations.has(uid)) return;
      const known = configurations.get(uid) ?? new Map<string, JsonObject>();
      configurations.set(uid, known.set(manager, applied));
    },
    forget: (uid) => configurations.delete(uid),
  };
}

function refuseConflicts(
  type: FieldType,
  known: ReadonlyMap<string, JsonObject>,
  manager: string,
  applied: JsonObject,
): void {
  const causes: Json[] = [];
  for (const [other, configuration] of known) {
    if (other === manager) continue;
    for (const field of differences(type, configuration, applied, '')) {
      causes.push({
        reason: 'FieldManagerConflict',
        message: `conflict with ${JSON.stringify(other)}`,
        field,
      });
    }
  }
  if (causes.length === 0) return;
  const fields = causes.map((cause) => `${textAt(cause, 'message')}: ${textAt(cause, 'field')}`);
  const count = `Apply failed with ${causes.length} conflict${causes.length === 1 ? '' : 's'}`;
  throw new StatusError('Conflict', `${count}: ${fields.join(', ')}`, { causes });
}

/** Paths of values that both sides state, differently. The names of the object itself are no such values. */
function differences(type: FieldType, left: Json, right: Json, path: string): string[] {
  if (isObject(left) && isObject(right)) {
    return Object.entries(left).flatMap(([name, value]) => {
      const other = at(right, name);
      return other === undefined ? [] : differences(memberType(type, name), value, other, `${path}.${name}`);
    });
  }
  const key = mergeKeyOf(type);
  if (isList(left) && isList(right) && key !== undefined) {
    return left.flatMap((item) => {
      const other = right.find((candidate) => sameJson(at(candidate, key), at(item, key)));
      const place = `${path}[${key}=${JSON.stringify(at(item, key) ?? null)}]`;
      return other === undefined ? [] : differences(itemType(type), item, other, place);
    });
  }
  return sameJson(left, right) ? [] : [path];
}

/** `current` without what `previous` applied and `next` does not. */
function prune(type: FieldType, current: Json, previous: Json, next: Json): Json | undefined {
  if (isObject(current) && isObject(previous) && isObject(next)) {
    const kept: [string, Json][] = [];
    for (const [name, value] of Object.entries(current)) {
      const before = at(previous, name);
      const wanted = at(next, name);
      if (before === undefined) kept.push([name, value]);
      else if (wanted !== undefined) {
        kept.push([name, prune(memberType(type, name), value, before, wanted) ?? value]);
      }
    }
    return Object.fromEntries(kept);
  }
  const key = mergeKeyOf(type);
  if (key === undefined || !isList(current) || !isList(previous) || !isList(next)) return current;
  const find = (list: readonly Json[], item: Json): Json | undefined => {
    return list.find((candidate) => sameJson(at(candidate, key), at(item, key)));
  };
  return current.flatMap((item) => {
    const before = find(previous, item);
    const wanted = find(next, item);
    if (before === undefined) return [item];
    return wanted === undefined ? [] : [prune(itemType(type), item, before, wanted) ?? item];
  });
}

function mergeKeyOf(type: FieldType): string | undefined {
  return type.form === 'list' && type.mergeKey !== '=' ? type.mergeKey : undefined;
}

function itemType(type: FieldType): FieldType {
  return type.form === 'list' ? type.items : { form: 'open' };
}

function memberType(type: FieldType, name: string): FieldType {
  if (type.form === 'map') return type.values;
  if (type.form !== 'named') return { form: 'open' };
  return typeNamed(type.typeName)?.fields.get(name)?.type ?? { form: 'open' };
}
