// Events of the simulated parts, so that `kubectl describe` and `get events` have something true to show.
import { textAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { MAX_EVENT_OBJECTS } from '../limits.ts';
import { timestamp } from '../objects/object-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { randomSuffix } from '../objects/writer.ts';
import { EVENTS } from '../resource-types.ts';

/** Stores an Event about `object`; the oldest one goes when there are too many. */
export function recordEvent(
  store: ObjectStore,
  object: JsonObject,
  component: string,
  reason: string,
  message: string,
): void {
  const known = store.list(EVENTS, '');
  if (known.length >= MAX_EVENT_OBJECTS) {
    const oldest = known.reduce((first, event) => (versionOf(event) < versionOf(first) ? event : first));
    store.remove(EVENTS, textAt(oldest, 'metadata', 'namespace'), textAt(oldest, 'metadata', 'name'));
  }
  const now = timestamp();
  const namespace = textAt(object, 'metadata', 'namespace') || 'default';
  const name = `${textAt(object, 'metadata', 'name')}.${randomSuffix()}${randomSuffix()}`;
  if (store.get(EVENTS, namespace, name) !== undefined) return;
  store.create(EVENTS, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: {
      apiVersion: textAt(object, 'apiVersion'),
      kind: textAt(object, 'kind'),
      name: textAt(object, 'metadata', 'name'),
      namespace: textAt(object, 'metadata', 'namespace'),
      uid: textAt(object, 'metadata', 'uid'),
    },
    reason,
    message,
    type: 'Normal',
    source: { component },
    reportingComponent: component,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
  });
}

function versionOf(event: JsonObject): number {
  return Number(textAt(event, 'metadata', 'resourceVersion'));
}
