// A posted object against its type: wrong types are refused, unknown fields are dropped and named, as kube-apiserver's
// decoder does. What becomes of the names depends on `fieldValidation`.
import { isList, isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { badRequest } from '../status-error.ts';
import type { FieldType, ScalarType } from './type-table.ts';
import { typeNamed } from './types.ts';

export interface Decoded {
  readonly object: JsonObject;
  /** Paths of fields that the kind does not have. */
  readonly unknown: readonly string[];
}

/** Unknown fields that an answer names. */
const MAX_NAMED = 20;

/** @throws StatusError 400 when a value has the wrong type */
export function decodeObject(kind: string, posted: JsonObject): Decoded {
  const unknown: string[] = [];
  const object = decode({ form: 'named', typeName: kind }, posted, '');
  return { object: isObject(object) ? object : posted, unknown };

  function decode(type: FieldType, value: Json, path: string): Json {
    // null is Go's "not given" for every type.
    if (value === null || type.form === 'open') return value;
    if (type.form === 'scalar') {
      if (!FITS[type.scalar](value)) throw mismatch(path, type.scalar, value);
      return value;
    }
    if (type.form === 'list') {
      if (!isList(value)) throw mismatch(path, 'array', value);
      return value.map((item, index) => decode(type.items, item, `${path}[${index}]`));
    }
    if (!isObject(value)) throw mismatch(path, 'object', value);
    if (type.form === 'named') return decodeFields(type.typeName, value, path);
    return mapFields(value, (name, member) => decode(type.values, member, `${path}.${name}`));
  }

  function decodeFields(typeName: string, value: JsonObject, path: string): JsonObject {
    const fields = typeNamed(typeName)?.fields;
    if (fields === undefined) return value;
    return mapFields(value, (name, member) => {
      const field = fields.get(name);
      const place = path === '' ? name : `${path}.${name}`;
      if (field !== undefined) return decode(field.type, member, place);
      if (unknown.length < MAX_NAMED) unknown.push(place);
      return undefined;
    });
  }

  function mismatch(path: string, wanted: string, found: Json): Error {
    const got = isList(found) ? 'array' : typeof found;
    return badRequest(
      `${kind} in version "v1" cannot be handled as a ${kind}: ${path}: expected ${wanted}, got ${got}`,
    );
  }
}

function mapFields(object: JsonObject, change: (name: string, value: Json) => Json | undefined): JsonObject {
  const kept: [string, Json][] = [];
  for (const [name, value] of Object.entries(object)) {
    const changed = change(name, value);
    if (changed !== undefined) kept.push([name, changed]);
  }
  return Object.fromEntries(kept);
}

const FITS = {
  string: (value) => typeof value === 'string',
  time: (value) => typeof value === 'string',
  bytes: (value) => typeof value === 'string' && /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value),
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  quantity: (value) => typeof value === 'string' || typeof value === 'number',
  intOrString: (value) => typeof value === 'string' || typeof value === 'number',
} satisfies Record<ScalarType, (value: Json) => boolean>;
