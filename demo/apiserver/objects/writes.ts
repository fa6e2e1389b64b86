// POST, PUT, PATCH and DELETE of objects: reads what the client sent, lets the writer judge it, answers.
import type { UserInfo } from '../../../auth/index.ts';
import { sendObject } from '../exchange.ts';
import type { Exchange } from '../exchange.ts';
import { at, isObject, numberAt, textAt, withAt } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { isTrue } from '../request-info.ts';
import type { RequestInfo } from '../request-info.ts';
import type { ResourceType } from '../resource-types.ts';
import { badRequest, notFound } from '../status-error.ts';
import { readNumber } from './accept.ts';
import { PATCH_MEDIA_TYPES, mediaTypeOf, parseBody, readObject, readOptions } from './body.ts';
import type { PatchMediaType } from './body.ts';
import { jsonPatch, mergePatch } from './json-patch.ts';
import type { ObjectStore } from './object-store.ts';
import { answerObject, findObject, selectionOf } from './reads.ts';
import { fromScale, toScale } from './scale.ts';
import type { ServerSideApply } from './server-side-apply.ts';
import { strategicMerge } from './strategic-merge.ts';
import type { DeleteOptions, WriteOptions, Writer } from './writer.ts';

export interface WriteContext {
  readonly store: ObjectStore;
  readonly writer: Writer;
  readonly serverSideApply: ServerSideApply;
}

export interface WriteRequest {
  readonly exchange: Exchange;
  readonly type: ResourceType;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly user: UserInfo;
}

export async function answerCreate(context: WriteContext, request: WriteRequest): Promise<void> {
  const { exchange, type, info, query } = request;
  const { options, warnings } = writeOptions(request);
  const posted = await readObject(exchange);
  const created = context.writer.create(type, info.namespace, posted, options);
  answerObject(exchange, query, 201, created, warnings());
}

export async function answerUpdate(context: WriteContext, request: WriteRequest): Promise<void> {
  const { exchange, type, info, query } = request;
  const { options, warnings } = writeOptions(request);
  const posted = await readObject(exchange);
  const previous = findObject(context.store, type, info);
  const updated = replace(context, request, previous, posted, options);
  answerObject(exchange, query, 200, updated, warnings());
}

function replace(
  { writer }: WriteContext,
  { type, info }: WriteRequest,
  previous: JsonObject,
  posted: JsonObject,
  options: WriteOptions,
): JsonObject {
  if (info.subresource === 'scale') {
    return toScale(writer.update(type, previous, fromScale(previous, posted), '', options));
  }
  return writer.update(type, previous, posted, info.subresource === 'status' ? 'status' : '', options);
}

export async function answerPatch(context: WriteContext, request: WriteRequest): Promise<void> {
  const { exchange, type, info, query } = request;
  const mediaType = mediaTypeOf(exchange, PATCH_MEDIA_TYPES);
  const { options, warnings } = writeOptions(request);
  const patch = parseBody(await exchange.readBody(), mediaType === 'application/apply-patch+yaml');
  const found = context.store.get(type, type.namespaced ? info.namespace : '', info.name);
  if (mediaType === 'application/apply-patch+yaml') {
    const { status, object } = apply(context, request, found, patch, options);
    answerObject(exchange, query, status, object, warnings());
    return;
  }
  if (found === undefined) throw notFound(type, info.name);
  const shown = info.subresource === 'scale' ? toScale(found) : found;
  const patched = patchObject(mediaType, textAt(shown, 'kind'), shown, patch);
  if (!isObject(patched)) throw badRequest('the patch leaves no object');
  // A patch that names no version applies to whatever is there now.
  const versioned = withAt(
    patched,
    ['metadata', 'resourceVersion'],
    statedVersion(mediaType, patch, patched),
  );
  answerObject(exchange, query, 200, replace(context, request, found, versioned, options), warnings());
}

function patchObject(mediaType: PatchMediaType, kind: string, target: JsonObject, patch: Json): Json {
  if (mediaType === 'application/json-patch+json') return jsonPatch(target, patch);
  if (!isObject(patch)) throw badRequest('the patch must be an object');
  return mediaType === 'application/merge-patch+json'
    ? mergePatch(target, patch)
    : strategicMerge(kind, target, patch);
}

function statedVersion(mediaType: PatchMediaType, patch: Json, patched: JsonObject): Json | undefined {
  const source = mediaType === 'application/json-patch+json' ? patched : patch;
  return at(source, 'metadata', 'resourceVersion');
}

function apply(
  { writer, serverSideApply }: WriteContext,
  request: WriteRequest,
  found: JsonObject | undefined,
  applied: Json,
  options: WriteOptions,
): { status: number; object: JsonObject } {
  const { type, info, query } = request;
  const manager = query.get('fieldManager') ?? '';
  if (!isObject(applied)) throw badRequest('the body must be an object');
  if (manager === '') throw badRequest('fieldManager is required for apply patch');
  if (info.subresource === 'scale')
    throw badRequest('the stand-in does not apply to scale: use PUT or a merge patch');
  const part = info.subresource === 'status' ? 'status' : '';
  if (found === undefined) {
    if (part === 'status') throw notFound(type, info.name);
    const named = withAt(applied, ['metadata', 'name'], info.name);
    const object = writer.create(type, info.namespace, named, options);
    if (!options.dryRun) serverSideApply.remember(textAt(object, 'metadata', 'uid'), manager, applied);
    return { status: 201, object };
  }
  const merged = serverSideApply.merge(type.kind, found, applied, manager, isTrue(query.get('force')));
  const object = writer.update(type, found, merged, part, options);
  if (!options.dryRun) serverSideApply.remember(textAt(object, 'metadata', 'uid'), manager, applied);
  return { status: 200, object };
}

export async function answerDelete(context: WriteContext, request: WriteRequest): Promise<void> {
  const { exchange, type, info, query } = request;
  const options = deleteOptions(query, await readOptions(exchange));
  const { object, gone } = context.writer.remove(type, findObject(context.store, type, info), options);
  // What is gone is told as a Status, what still ends is shown as it is.
  if (gone) sendObject(exchange, 200, deletedStatus(type, object));
  else answerObject(exchange, query, 200, object);
}

export async function answerDeleteCollection(context: WriteContext, request: WriteRequest): Promise<void> {
  const { exchange, type, info, query } = request;
  const options = deleteOptions(query, await readOptions(exchange));
  const matches = selectionOf(type, query);
  for (const object of context.store.list(type, info.namespace)) {
    if (matches(object)) context.writer.remove(type, object, options);
  }
  sendObject(exchange, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
}

function deletedStatus(type: ResourceType, object: JsonObject): JsonObject {
  const details = {
    name: textAt(object, 'metadata', 'name'),
    ...(type.group === '' ? {} : { group: type.group }),
    kind: type.resource,
    uid: textAt(object, 'metadata', 'uid'),
  };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** Options from the query, and the Warning headers that come of them (RFC 9111 §5.5 as Kubernetes uses it). */
function writeOptions({ query, user }: WriteRequest): {
  options: WriteOptions;
  warnings: () => Record<string, string>;
} {
  const texts: string[] = [];
  const fieldValidation = query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(fieldValidation)) {
    throw badRequest(`fieldValidation: unsupported value ${JSON.stringify(fieldValidation)}`);
  }
  const strictness = fieldValidation === 'Ignore' || fieldValidation === 'Strict' ? fieldValidation : 'Warn';
  const options: WriteOptions = {
    user,
    dryRun: isDryRun(query.getAll('dryRun')),
    fieldValidation: strictness,
    warn: (text) => texts.push(text),
  };
  const warnings = (): Record<string, string> => {
    if (texts.length === 0) return {};
    return {
      warning: texts.map((text) => `299 - ${JSON.stringify(text.replace(/[^ -~]/g, '?'))}`).join(', '),
    };
  };
  return { options, warnings };
}

function isDryRun(values: readonly string[]): boolean {
  const stated = values.filter((value) => value !== '');
  if (stated.some((value) => value !== 'All')) throw badRequest('dryRun: the only supported value is "All"');
  return stated.length > 0;
}

/** From the body, else from the query, as kube-apiserver takes them. */
function deleteOptions(query: URLSearchParams, body: JsonObject): DeleteOptions {
  const policy = textAt(body, 'propagationPolicy') || (query.get('propagationPolicy') ?? '');
  if (!['', 'Orphan', 'Background', 'Foreground'].includes(policy)) {
    throw badRequest(`propagationPolicy: unsupported value ${JSON.stringify(policy)}`);
  }
  const orphan = at(body, 'orphanDependents') === true || isTrue(query.get('orphanDependents'));
  const dryRun = at(body, 'dryRun');
  const bodyDryRun = Array.isArray(dryRun) ? dryRun.filter((value) => typeof value === 'string') : [];
  const grace = numberAt(body, 'gracePeriodSeconds') ?? readNumber(query, 'gracePeriodSeconds');
  return {
    dryRun: isDryRun([...query.getAll('dryRun'), ...bodyDryRun]),
    gracePeriodSeconds: grace === undefined ? undefined : Math.max(0, grace),
    propagation:
      orphan || policy === 'Orphan' ? 'Orphan' : policy === 'Foreground' ? 'Foreground' : 'Background',
    uid: textAt(body, 'preconditions', 'uid'),
    resourceVersion: textAt(body, 'preconditions', 'resourceVersion'),
  };
}
