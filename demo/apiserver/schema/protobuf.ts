// Request bodies in protobuf: client-go sends them for every built-in kind since 1.32 (`kubectl create`, `auth whoami`).
// The stand-in reads them by the numbers of the type table and answers in JSON, which every client takes.
// Encoding: protobuf.dev/programming-guides/encoding; envelope: k8s.io/apimachinery runtime.Unknown after "k8s\0".
import type { Json, JsonObject } from '../json.ts';
import { MAX_JSON_DEPTH } from '../limits.ts';
import { StatusError, badRequest } from '../status-error.ts';
import type { Field, FieldType, ScalarType } from './type-table.ts';
import { typeNamed } from './types.ts';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const MAGIC = Buffer.from('k8s\0');
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** Of a varint: ten groups of seven bits. */
const MAX_VARINT_BYTES = 10;

interface RawField {
  readonly number: number;
  /** Of a varint field. */
  readonly value: bigint;
  /** Of any other field. */
  readonly bytes: Buffer;
}

/** The object in a body. @throws StatusError 400 for malformed bytes, 415 for fields the stand-in cannot read */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw badRequest('the body is not Kubernetes protobuf');
  let kind = '';
  let apiVersion = '';
  let raw = Buffer.alloc(0);
  for (const { number, bytes } of readFields(body.subarray(MAGIC.length))) {
    if (number === 2) raw = Buffer.from(bytes);
    if (number !== 1) continue;
    for (const part of readFields(bytes)) {
      if (part.number === 1) apiVersion = part.bytes.toString('utf8');
      if (part.number === 2) kind = part.bytes.toString('utf8');
    }
  }
  if (typeNamed(kind) === undefined) throw unreadable(kind, 'as a whole');
  return { apiVersion, kind, ...decodeMessage(kind, raw, kind, 0) };
}

function decodeMessage(typeName: string, bytes: Buffer, path: string, depth: number): JsonObject {
  if (depth > MAX_JSON_DEPTH) throw badRequest('the body nests too deeply');
  const fields = typeNamed(typeName)?.fields ?? new Map<string, Field>();
  const byNumber = new Map([...fields].map(([name, field]) => [field.number, { name, field }]));
  const decoded = new Map<string, Json>();
  // Lists and maps come one item at a time.
  const lists = new Map<string, Json[]>();
  const maps = new Map<string, Map<string, Json>>();
  for (const raw of readFields(bytes)) {
    const { name, field } = byNumber.get(raw.number) ?? {};
    if (name === 'status' && depth === 0) continue;
    if (name === undefined || field === undefined || raw.number === 0) {
      // Go writes empty structs that nobody set; anything else would be lost silently.
      if (raw.bytes.byteLength > 0 || raw.value !== 0n) throw unreadable(path, `field ${raw.number}`);
      continue;
    }
    const { type } = field;
    const place = `${path}.${name}`;
    if (type.form === 'list') {
      const list = lists.get(name) ?? [];
      lists.set(name, list);
      list.push(decodeValue(type.items, raw, place, depth) ?? '');
    } else if (type.form === 'map') {
      const map = maps.get(name) ?? new Map<string, Json>();
      maps.set(name, map.set(...readMapEntry(type.values, raw, place, depth)));
    } else {
      const value = decodeValue(type, raw, place, depth);
      const nothing = value === '' || value === 0 || value === false || isEmptyObject(value);
      if (value !== undefined && (!nothing || field.zeroMatters)) decoded.set(name, value);
    }
  }
  for (const [name, map] of maps) decoded.set(name, Object.fromEntries(map));
  return Object.fromEntries([...decoded, ...lists]);
}

function isEmptyObject(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function readMapEntry(type: FieldType, raw: RawField, path: string, depth: number): [string, Json] {
  let key = '';
  let value: Json | undefined;
  for (const part of readFields(raw.bytes)) {
    if (part.number === 1) key = part.bytes.toString('utf8');
    if (part.number === 2) value = decodeValue(type, part, `${path}.${key}`, depth + 1);
  }
  return [key, value ?? ''];
}

function decodeValue(type: FieldType, raw: RawField, path: string, depth: number): Json | undefined {
  if (type.form === 'scalar') return SCALAR_READERS[type.scalar](raw);
  if (type.form === 'named') return decodeMessage(type.typeName, raw.bytes, path, depth + 1);
  // A list inside a map (ExtraValue): a message whose first field repeats.
  if (type.form === 'list') return readFields(raw.bytes).map((item) => item.bytes.toString('utf8'));
  if (type.form === 'open' && raw.bytes.byteLength === 0) return undefined;
  throw unreadable(path, 'this field');
}

const SCALAR_READERS = {
  string: ({ bytes }) => bytes.toString('utf8'),
  bytes: ({ bytes }) => bytes.toString('base64'),
  integer: ({ value }) => Number(BigInt.asIntN(64, value)),
  boolean: ({ value }) => value !== 0n,
  quantity: ({ bytes }) => readFields(bytes)[0]?.bytes.toString('utf8'),
  time: ({ bytes }) => readTime(bytes),
  intOrString: ({ bytes }) => readIntOrString(bytes),
} satisfies Record<ScalarType, (raw: RawField) => Json | undefined>;

function readTime(bytes: Buffer): string | undefined {
  const seconds = readFields(bytes).find(({ number }) => number === 1)?.value ?? 0n;
  const ms = Number(BigInt.asIntN(64, seconds)) * 1000;
  // Beyond what a Date holds there is no time that anybody meant.
  return seconds === 0n || Math.abs(ms) > 8.64e15 ? undefined : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function readIntOrString(bytes: Buffer): Json {
  const fields = readFields(bytes);
  const isText = fields.some(({ number, value }) => number === 1 && value === 1n);
  if (isText) return fields.find(({ number }) => number === 3)?.bytes.toString('utf8') ?? '';
  return Number(BigInt.asIntN(32, fields.find(({ number }) => number === 2)?.value ?? 0n));
}

/** The fields of one message, in order. @throws StatusError 400 */
function readFields(bytes: Buffer): RawField[] {
  const fields: RawField[] = [];
  let offset = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = bytes[offset];
      if (byte === undefined) break;
      offset += 1;
      value |= BigInt(byte & 127) << BigInt(7 * index);
      if (byte < 128) return value;
    }
    throw badRequest('the protobuf body is malformed');
  };
  const take = (length: bigint): Buffer => {
    if (length > BigInt(bytes.byteLength - offset)) throw badRequest('the protobuf body is malformed');
    const start = offset;
    offset += Number(length);
    return bytes.subarray(start, offset);
  };
  while (offset < bytes.byteLength) {
    const tag = varint();
    const number = Number(tag >> 3n);
    const wireType = Number(tag & 7n);
    const empty = Buffer.alloc(0);
    if (wireType === VARINT) fields.push({ number, value: varint(), bytes: empty });
    else if (wireType === BYTES) fields.push({ number, value: 0n, bytes: take(varint()) });
    else if (wireType === FIXED64 || wireType === FIXED32) {
      fields.push({ number, value: 0n, bytes: take(wireType === FIXED64 ? 8n : 4n) });
    } else throw badRequest('the protobuf body is malformed');
  }
  return fields;
}

function unreadable(path: string, what: string): StatusError {
  return new StatusError(
    'UnsupportedMediaType',
    `the stand-in cannot read ${what} of ${path} in protobuf: send JSON`,
  );
}
