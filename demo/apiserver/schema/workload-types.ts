// Deployments, ReplicaSets and Scale.
import type { TypeNotation } from './type-table.ts';

export const WORKLOAD_TYPES: Readonly<Record<string, TypeNotation>> = {
  Deployment: [
    'Keeps a number of like pods running and replaces them step by step.',
    `
    apiVersion string
    kind string
    metadata ObjectMeta #1
    spec DeploymentSpec #2
    status DeploymentStatus #3`,
  ],
  DeploymentSpec: [
    'How many of which pods.',
    `
    replicas integer #1? -- How many pods; 1 when not given.
    selector! LabelSelector #2 -- Which pods belong to it; cannot be changed.
    template! PodTemplateSpec #3
    strategy DeploymentStrategy #4
    minReadySeconds integer #5
    paused boolean #7
    progressDeadlineSeconds integer #9?
    revisionHistoryLimit integer #6?`,
  ],
  DeploymentStrategy: [
    'How old pods are replaced.',
    `
    type string #1 -- Recreate or RollingUpdate.
    rollingUpdate * #2`,
  ],
  DeploymentStatus: [
    'How far a deployment has come.',
    `
    replicas integer
    updatedReplicas integer
    readyReplicas integer
    availableReplicas integer
    unavailableReplicas integer
    terminatingReplicas integer
    observedGeneration integer
    collisionCount integer
    conditions [Condition]~type`,
  ],
  ReplicaSet: [
    'Keeps a number of like pods running.',
    `
    apiVersion string
    kind string
    metadata ObjectMeta #1
    spec ReplicaSetSpec #2
    status ReplicaSetStatus #3`,
  ],
  ReplicaSetSpec: [
    'How many of which pods.',
    `
    replicas integer #1?
    selector! LabelSelector #2
    template PodTemplateSpec #3
    minReadySeconds integer #4`,
  ],
  ReplicaSetStatus: [
    'How many pods there are.',
    `
    replicas integer
    fullyLabeledReplicas integer
    readyReplicas integer
    availableReplicas integer
    terminatingReplicas integer
    observedGeneration integer
    conditions [Condition]~type`,
  ],
  Scale: [
    'The size of something that can be scaled.',
    `
    apiVersion string
    kind string
    metadata ObjectMeta #1
    spec ScaleSpec #2
    status * #3`,
  ],
  ScaleSpec: ['The size that is wanted.', 'replicas integer #1'],
};
