// Objects that are there from the start, or put there by a test: created, or merged into what exists.
import { parseAllDocuments } from 'yaml';
import type { ObjectStore } from './objects/object-store.ts';
import { strategicMerge } from './objects/strategic-merge.ts';
import type { Writer, WriteOptions } from './objects/writer.ts';
import { isJson, isObject, textAt } from './json.ts';
import type { JsonObject } from './json.ts';
import { findKind } from './resource-types.ts';
import { badRequest } from './status-error.ts';

const SEEDER: WriteOptions = {
  user: { name: 'system:standin', uid: '', groups: ['system:masters'], extra: {} },
  dryRun: false,
  fieldValidation: 'Strict',
  warn: () => undefined,
};

/** Manifests as YAML text (several documents), or as objects. @throws StatusError for one that is refused */
export function applyManifests(
  store: ObjectStore,
  writer: Writer,
  manifests: string | readonly unknown[],
): void {
  const values = typeof manifests === 'string' ? readDocuments(manifests) : manifests;
  for (const value of values) {
    if (!isJson(value) || !isObject(value)) throw badRequest('a manifest must be an object');
    applyOne(store, writer, value);
  }
}

function readDocuments(text: string): unknown[] {
  const documents = parseAllDocuments(text);
  return [...documents].map((document): unknown => document.toJS()).filter((value) => value !== null);
}

function applyOne(store: ObjectStore, writer: Writer, manifest: JsonObject): void {
  const type = findKind(textAt(manifest, 'apiVersion'), textAt(manifest, 'kind'));
  if (type === undefined) throw badRequest(`the stand-in does not know the kind ${textAt(manifest, 'kind')}`);
  const namespace = type.namespaced ? textAt(manifest, 'metadata', 'namespace') || 'default' : '';
  const found = store.get(type, namespace, textAt(manifest, 'metadata', 'name'));
  if (found === undefined) writer.create(type, namespace, manifest, SEEDER);
  else writer.update(type, found, strategicMerge(type.kind, found, manifest), '', SEEDER);
}
