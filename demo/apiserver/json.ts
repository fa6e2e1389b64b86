// Kubernetes objects as plain immutable JSON: reading by path, writing by copy. Nothing here trusts a shape.
import { MAX_JSON_DEPTH } from './limits.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [field: string]: Json;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** True for what JSON.parse or a YAML parser made, unless it nests deeper than MAX_JSON_DEPTH. */
export function isJson(value: unknown, depth = 0): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth >= MAX_JSON_DEPTH) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return false;
  for (const member of Object.values(value)) if (!isJson(member, depth + 1)) return false;
  return true;
}

/** The value at a path of own fields, or undefined: inherited names such as `constructor` do not exist. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let current = value;
  for (const field of path) {
    if (!isObject(current) || !Object.hasOwn(current, field)) return undefined;
    current = current[field];
  }
  return current;
}

export function textAt(value: Json | undefined, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function numberAt(value: Json | undefined, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function objectAt(value: Json | undefined, ...path: readonly string[]): JsonObject {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}

export function listAt(value: Json | undefined, ...path: readonly string[]): readonly Json[] {
  const found = at(value, ...path);
  return isList(found) ? found : [];
}

/** The strings of a list; anything else in it is left out. */
export function textsAt(value: Json | undefined, ...path: readonly string[]): readonly string[] {
  return listAt(value, ...path).filter((item) => typeof item === 'string');
}

/** The string values of an object, such as labels. */
export function textMapAt(value: Json | undefined, ...path: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, text] of Object.entries(objectAt(value, ...path))) {
    if (typeof text === 'string') found.set(key, text);
  }
  return found;
}

/** A copy with the value at a path replaced, or removed where it is undefined. */
export function withAt(object: JsonObject, path: readonly string[], value: Json | undefined): JsonObject {
  const [field, ...rest] = path;
  if (field === undefined) return object;
  if (rest.length > 0) return { ...object, [field]: withAt(objectAt(object, field), rest, value) };
  return value === undefined ? without(object, field) : { ...object, [field]: value };
}

/** A copy that lacks one field. */
export function without(object: JsonObject, field: string): JsonObject {
  if (!Object.hasOwn(object, field)) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field));
}

/** A copy with fields added where they are missing. */
export function withDefaults(object: JsonObject, defaults: JsonObject): JsonObject {
  return { ...defaults, ...object };
}

/** Deep equality of JSON, blind to the order of fields. */
export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, index) => sameJson(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name]));
}

const encoded = new WeakMap<JsonObject, string>();

/** The object as JSON text. Objects never change, so the text of each is made once. */
export function encodeObject(object: JsonObject): string {
  const known = encoded.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  encoded.set(object, text);
  return text;
}
