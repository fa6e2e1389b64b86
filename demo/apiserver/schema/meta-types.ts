// Types that every kind shares (meta/v1).
import type { TypeNotation } from './type-table.ts';

export const META_TYPES: Readonly<Record<string, TypeNotation>> = {
  ObjectMeta: [
    'What every object has: its name, its labels, its place.',
    `
    name string #1 -- Unique within the namespace and kind; cannot be changed.
    generateName string #2 -- A prefix from which the server makes a unique name when none is given.
    namespace string #3 -- The namespace the object lives in.
    labels {string} #11 -- Keys and values by which objects are selected.
    annotations {string} #12 -- Keys and values that tools keep; not selectable.
    uid string #5 -- Set by the server; never used twice.
    resourceVersion string #6 -- Changes with every write; send it back to detect that somebody else wrote first.
    generation integer #7 -- Counts changes of the desired state.
    creationTimestamp time #8 -- When the server created the object.
    deletionTimestamp time #9 -- When the object will go; set by the server once deletion was asked for.
    deletionGracePeriodSeconds integer #10?
    finalizers [string]~= #14 -- The object stays until this list is empty.
    ownerReferences [OwnerReference]~uid #13 -- Objects that this one depends on.
    managedFields [*] #17
    selfLink string #4`,
  ],
  OwnerReference: [
    'An owner of an object, in the same namespace.',
    `
    apiVersion! string #5
    kind! string #1
    name! string #3
    uid! string #4
    controller boolean #6?
    blockOwnerDeletion boolean #7?`,
  ],
  LabelSelector: [
    'Chooses objects by their labels; all parts must hold.',
    `
    matchLabels {string} #1
    matchExpressions [LabelSelectorRequirement] #2`,
  ],
  LabelSelectorRequirement: [
    'One condition on a label.',
    `
    key! string #1
    operator! string #2 -- In, NotIn, Exists or DoesNotExist.
    values [string] #3`,
  ],
  Condition: [
    'One observed aspect of the state.',
    `
    type! string
    status! string -- True, False or Unknown.
    reason string
    message string
    observedGeneration integer
    lastProbeTime time
    lastHeartbeatTime time
    lastUpdateTime time
    lastTransitionTime time`,
  ],
  LocalObjectReference: ['Names an object of the same namespace.', 'name string #1'],
  ObjectReference: [
    'Names another object.',
    `
    kind string #1
    namespace string #2
    name string #3
    uid string #4
    apiVersion string #5
    resourceVersion string #6
    fieldPath string #7`,
  ],
  DeleteOptions: [
    'How something is deleted.',
    `
    apiVersion string
    kind string
    gracePeriodSeconds integer #1?
    preconditions Preconditions #2
    orphanDependents boolean #3?
    propagationPolicy string #4
    dryRun [string] #5
    ignoreStoreReadErrorWithClusterBreakingPotential boolean #6?`,
  ],
  Preconditions: [
    'What must still hold when it is deleted.',
    `
    uid string #1
    resourceVersion string #2`,
  ],
};
