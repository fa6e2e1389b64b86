// GET of objects: one, a list (selected, in pages), or a watch; each as the client wants it presented.
import { sendObject } from '../exchange.ts';
import type { Exchange } from '../exchange.ts';
import { encodeObject, isObject, textAt, numberAt } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { MAX_LIST_LIMIT } from '../limits.ts';
import { isTrue } from '../request-info.ts';
import type { RequestInfo } from '../request-info.ts';
import { groupVersionOf } from '../resource-types.ts';
import type { ResourceType } from '../resource-types.ts';
import { StatusError, badRequest, notFound } from '../status-error.ts';
import { choosePresentation, readNumber } from './accept.ts';
import type { Presentation } from './accept.ts';
import type { ObjectStore } from './object-store.ts';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';
import type { Predicate } from './selectors.ts';
import { metadataOnly, singleMetadata, tableOf } from './table.ts';
import type { RowObject } from './table.ts';
import type { WatchHub } from './watch-hub.ts';

/** @throws StatusError 404 */
export function findObject(store: ObjectStore, type: ResourceType, info: RequestInfo): JsonObject {
  const found = store.get(type, type.namespaced ? info.namespace : '', info.name);
  if (found === undefined) throw notFound(type, info.name);
  return found;
}

/** Answers with one object, presented as the client accepts it. */
export function answerObject(
  exchange: Exchange,
  query: URLSearchParams,
  status: number,
  object: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): void {
  const presentation = choosePresentation(exchange.header('accept'));
  const kind = textAt(object, 'kind');
  if (presentation === 'object' || kind === 'Status') sendObject(exchange, status, object, headers);
  else if (presentation === 'metadata') sendObject(exchange, status, metadataOnly(object), headers);
  else
    sendObject(exchange, status, tableOf(kind, [object], singleMetadata(object), rowObject(query)), headers);
}

export function selectionOf(type: ResourceType, query: URLSearchParams): Predicate {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', type);
  return (object) => labels(object) && fields(object);
}

/** A list, in pages where `limit` asks for them. Later pages show the newest state, not that of the first page. */
export function answerList(
  exchange: Exchange,
  store: ObjectStore,
  type: ResourceType,
  info: RequestInfo,
  query: URLSearchParams,
): void {
  const presentation = choosePresentation(exchange.header('accept'));
  const start = readContinue(query.get('continue'));
  const limit = Math.min(readNumber(query, 'limit') ?? 0, MAX_LIST_LIMIT);
  const matches = selectionOf(type, query);
  refuseFutureVersion(query.get('resourceVersion') ?? '', store);
  const selected = store
    .list(type, info.namespace)
    .filter((object) => matches(object) && (start === '' || keyOf(object) > start));
  const page = limit > 0 && selected.length > limit ? selected.slice(0, limit) : selected;
  const last = page.at(-1);
  const rest = selected.length - page.length;
  const metadata: JsonObject = {
    resourceVersion: String(store.revision()),
    ...(rest > 0 && last !== undefined
      ? { continue: writeContinue(keyOf(last)), remainingItemCount: rest }
      : {}),
  };
  sendList(exchange, type, page, metadata, presentation, query);
}

function sendList(
  exchange: Exchange,
  type: ResourceType,
  page: readonly JsonObject[],
  metadata: JsonObject,
  presentation: Presentation,
  query: URLSearchParams,
): void {
  if (presentation === 'table') {
    sendObject(exchange, 200, tableOf(type.kind, page, metadata, rowObject(query)));
    return;
  }
  const partial = presentation === 'metadata';
  const kind = partial ? 'PartialObjectMetadataList' : `${type.kind}List`;
  const apiVersion = partial ? 'meta.k8s.io/v1' : groupVersionOf(type);
  const items = page.map((object) => encodeObject(partial ? metadataOnly(object) : object));
  const head = JSON.stringify({ kind, apiVersion, metadata }).slice(0, -1);
  exchange.send(200, 'application/json', `${head},"items":[${items.join(',')}]}`);
}

export function answerWatch(
  exchange: Exchange,
  hub: WatchHub,
  type: ResourceType,
  info: RequestInfo,
  query: URLSearchParams,
): void {
  const sendInitialEvents = isTrue(query.get('sendInitialEvents'));
  if (sendInitialEvents && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    throw badRequest('sendInitialEvents requires resourceVersionMatch=NotOlderThan');
  }
  hub.watch(exchange, {
    type,
    namespace: info.namespace,
    matches: selectionOf(type, query),
    resourceVersion: query.get('resourceVersion') ?? '',
    timeoutSeconds: readNumber(query, 'timeoutSeconds'),
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents,
    present: presenter(choosePresentation(exchange.header('accept')), type.kind, rowObject(query)),
  });
}

function presenter(
  presentation: Presentation,
  kind: string,
  include: RowObject,
): (object: JsonObject) => JsonObject {
  if (presentation === 'object') return (object) => object;
  if (presentation === 'metadata') return metadataOnly;
  let first = true;
  return (object) => {
    const table = tableOf(kind, [object], singleMetadata(object), include, first);
    first = false;
    return table;
  };
}

function rowObject(query: URLSearchParams): RowObject {
  const wanted = query.get('includeObject');
  if (wanted === null || wanted === '') return 'Metadata';
  if (wanted === 'None' || wanted === 'Metadata' || wanted === 'Object') return wanted;
  throw badRequest(`includeObject: unsupported value ${JSON.stringify(wanted)}`);
}

function keyOf(object: JsonObject): string {
  return `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`;
}

function writeContinue(key: string): string {
  return Buffer.from(JSON.stringify({ v: 1, start: key })).toString('base64url');
}

function readContinue(token: string | null): string {
  if (token === null || token === '') return '';
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    value = undefined;
  }
  const readable: Json | undefined = isObject(value) ? value : undefined;
  if (numberAt(readable, 'v') !== 1) throw badRequest('continue key is not valid');
  return textAt(readable, 'start');
}

function refuseFutureVersion(version: string, store: ObjectStore): void {
  if (!/^\d*$/.test(version)) throw badRequest(`resourceVersion: invalid value ${JSON.stringify(version)}`);
  if (Number(version) <= store.revision()) return;
  throw new StatusError('Expired', `Too large resource version: ${version}, current: ${store.revision()}`);
}
