// The scale subresource: the size of a Deployment or ReplicaSet, seen through autoscaling/v1 Scale.
import { at, numberAt, objectAt, textAt, textMapAt, withAt, without } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { badRequest } from '../status-error.ts';

export function toScale(object: JsonObject): JsonObject {
  const metadata = objectAt(object, 'metadata');
  const kept = ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'];
  const labels = [...textMapAt(object, 'spec', 'selector', 'matchLabels')];
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => kept.includes(name))),
    spec: { replicas: numberAt(object, 'spec', 'replicas') ?? 0 },
    status: {
      replicas: numberAt(object, 'status', 'replicas') ?? 0,
      selector: labels.map(([key, value]) => `${key}=${value}`).join(','),
    },
  };
}

/** The object with the size that a posted Scale wants. @throws StatusError 400 */
export function fromScale(object: JsonObject, posted: JsonObject): JsonObject {
  const kind = textAt(posted, 'kind');
  if (kind !== '' && kind !== 'Scale') throw badRequest(`a Scale was expected, not ${JSON.stringify(kind)}`);
  const replicas = at(posted, 'spec', 'replicas') ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas))
    throw badRequest('spec.replicas must be a whole number');
  const version = textAt(posted, 'metadata', 'resourceVersion');
  const sized = withAt(object, ['spec', 'replicas'], replicas);
  const metadata = without(objectAt(sized, 'metadata'), 'resourceVersion');
  return { ...sized, metadata: version === '' ? metadata : { ...metadata, resourceVersion: version } };
}
