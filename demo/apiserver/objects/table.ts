// Objects as a meta.k8s.io/v1 Table, which is what kubectl prints from, and as bare metadata.
import { objectAt, textAt } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { columnsOf } from './columns.ts';
import type { Column } from './columns.ts';

/** What a row carries besides its cells (the `includeObject` parameter). */
export type RowObject = 'None' | 'Metadata' | 'Object';

/** A table of some objects of one kind. `headers: false` leaves the column definitions out (later watch events). */
export function tableOf(
  kind: string,
  objects: readonly JsonObject[],
  listMetadata: JsonObject,
  include: RowObject,
  headers = true,
): JsonObject {
  const columns = columnsOf(kind);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: listMetadata,
    columnDefinitions: headers ? columns.map(definition) : [],
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object)),
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : metadataOnly(object) }),
    })),
  };
}

function definition({ name, type, priority }: Column): Json {
  return { name, type, format: name === 'Name' ? 'name' : '', description: '', priority };
}

export function metadataOnly(object: JsonObject): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: objectAt(object, 'metadata'),
  };
}

/** The metadata of a table that shows one object: its version is the object's. */
export function singleMetadata(object: JsonObject): JsonObject {
  return { resourceVersion: textAt(object, 'metadata', 'resourceVersion') };
}
