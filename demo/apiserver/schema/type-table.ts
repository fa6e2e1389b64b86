// The fields of each kind, in a short notation. One table tells OpenAPI what to publish, field validation what is
// unknown, and a strategic merge by which key a list is merged.
//
// One field a line:  name[!] type[~mergeKey] [#number[?]] [-- description]
// Types: string, integer, boolean, time, quantity, intOrString, bytes, * (open: anything), a type's name,
// [T] a list of T, {T} a map of T by string. `!` marks a required field, `~key` a list merged by that key;
// `~=` a list of plain values that is merged as a set. `#7` is the field's number in protobuf, `#7?` one whose zero is
// told apart from its absence (a pointer in Go). Types of a status have no numbers: status is not read from protobuf.

export type FieldType =
  | { readonly form: 'scalar'; readonly scalar: ScalarType }
  | { readonly form: 'open' }
  | { readonly form: 'named'; readonly typeName: string }
  | { readonly form: 'list'; readonly items: FieldType; readonly mergeKey: string | undefined }
  | { readonly form: 'map'; readonly values: FieldType };

export type ScalarType = 'string' | 'integer' | 'boolean' | 'time' | 'quantity' | 'intOrString' | 'bytes';

export interface Field {
  readonly type: FieldType;
  readonly required: boolean;
  readonly description: string;
  /** Its protobuf number, 0 where there is none. */
  readonly number: number;
  /** Whether a zero or an empty text in protobuf is a value, rather than nothing. */
  readonly zeroMatters: boolean;
}

export interface ObjectType {
  readonly description: string;
  readonly fields: ReadonlyMap<string, Field>;
}

/** Description first, then the fields. */
export type TypeNotation = readonly [description: string, fields: string];
export type TypeTable = ReadonlyMap<string, ObjectType>;

const SCALARS = ['string', 'integer', 'boolean', 'time', 'quantity', 'intOrString', 'bytes'] as const;
const LINE = /^(\$?\w+)(!?) ([^\s~]+)(?:~(\S+))?(?: #(\d+)(\??))?(?: -- (.+))?$/;

/** @throws SyntaxError for a line that breaks the notation: a mistake in this folder, found at start. */
export function readTypes(notations: Readonly<Record<string, TypeNotation>>): TypeTable {
  return new Map(
    Object.entries(notations).map(([name, [description, fields]]) => {
      const lines = fields.split('\n').map((line) => line.trim());
      return [name, { description, fields: new Map(lines.filter((line) => line !== '').map(readField)) }];
    }),
  );
}

function readField(line: string): [string, Field] {
  const [, name, required, type, mergeKey, number = '0', pointer, description = ''] = LINE.exec(line) ?? [];
  if (name === undefined || type === undefined) throw new SyntaxError(`not a field: ${line}`);
  const field = {
    type: readType(type, mergeKey),
    required: required === '!',
    description,
    number: Number(number),
    zeroMatters: pointer === '?',
  };
  return [name, field];
}

function readType(text: string, mergeKey?: string): FieldType {
  if (text === '*') return { form: 'open' };
  if (text.startsWith('[')) return { form: 'list', items: readType(text.slice(1, -1)), mergeKey };
  if (text.startsWith('{')) return { form: 'map', values: readType(text.slice(1, -1)) };
  const scalar = SCALARS.find((known) => known === text);
  return scalar === undefined ? { form: 'named', typeName: text } : { form: 'scalar', scalar };
}
