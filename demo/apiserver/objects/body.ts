// The body of a request as JSON, whatever format it came in. Bombs (depth, aliases) are refused here.
import { parseDocument } from 'yaml';
import type { Exchange } from '../exchange.ts';
import { isJson, isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { MAX_JSON_DEPTH, MAX_YAML_ALIASES } from '../limits.ts';
import { PROTOBUF, decodeProtobuf } from '../schema/protobuf.ts';
import { badRequest, unsupportedMediaType } from '../status-error.ts';

export const OBJECT_MEDIA_TYPES = ['application/json', 'application/yaml', PROTOBUF] as const;
export const PATCH_MEDIA_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
] as const;

export type ObjectMediaType = (typeof OBJECT_MEDIA_TYPES)[number];
export type PatchMediaType = (typeof PATCH_MEDIA_TYPES)[number];

/** The media type without parameters. @throws StatusError 415 when it is none of `accepted` */
export function mediaTypeOf<Type extends string>(exchange: Exchange, accepted: readonly Type[]): Type {
  const [stated = ''] = (exchange.header('content-type') ?? '').split(';', 1);
  const found = accepted.find((type) => type === stated.trim().toLowerCase());
  if (found === undefined) throw unsupportedMediaType(accepted);
  return found;
}

/** An object from a POST or PUT body. @throws StatusError 400, 413, 415 */
export async function readObject(exchange: Exchange): Promise<JsonObject> {
  // client-go and curl may leave the type out of a bodyless or JSON request.
  const stated = exchange.header('content-type');
  const type = stated === undefined ? 'application/json' : mediaTypeOf(exchange, OBJECT_MEDIA_TYPES);
  const bytes = await exchange.readBody();
  if (type === PROTOBUF) return decodeProtobuf(bytes);
  const value = parseBody(bytes, type === 'application/yaml');
  if (!isObject(value)) throw badRequest('the body must be an object');
  return value;
}

/** DeleteOptions, or {} where DELETE came without a body. @throws StatusError 400, 413 */
export async function readOptions(exchange: Exchange): Promise<JsonObject> {
  const bytes = await exchange.readBody();
  if (bytes.byteLength === 0) return {};
  if (exchange.header('content-type') === PROTOBUF) return decodeProtobuf(bytes);
  const value = parseBody(bytes, (exchange.header('content-type') ?? '').includes('yaml'));
  if (!isObject(value)) throw badRequest('DeleteOptions must be an object');
  return value;
}

/** @throws StatusError 400 */
export function parseBody(bytes: Buffer, yaml: boolean): Json {
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = yaml ? parseYaml(text) : JSON.parse(text);
  } catch {
    throw badRequest(`the body could not be read as ${yaml ? 'YAML' : 'JSON'}`);
  }
  if (!isJson(value)) throw badRequest(`the body is not plain JSON of at most ${MAX_JSON_DEPTH} levels`);
  return value;
}

function parseYaml(text: string): unknown {
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  return document.toJS({ maxAliasCount: MAX_YAML_ALIASES });
}
