// The other kinds of the core group, and leases.
import type { TypeNotation } from './type-table.ts';

export const CORE_TYPES: Readonly<Record<string, TypeNotation>> = {
  ConfigMap: [
    'Settings for pods to read.',
    `
    apiVersion string
    kind string
    metadata ObjectMeta #1
    data {string} #2 -- Settings in UTF-8.
    binaryData {bytes} #3 -- Settings of any bytes, in base64.
    immutable boolean #4? -- Whether the data can no longer be changed.`,
  ],
  Secret: [
    'Small secret data.',
    `
    apiVersion string
    kind string
    metadata ObjectMeta #1
    type string #3
    data {bytes} #2 -- The secret data, in base64.
    stringData {string} #4 -- Written in plain text, never shown.
    immutable boolean #5?`,
  ],
  Namespace: [
    'A space for names, and a scope for rights.',
    `
    apiVersion string
    kind string
    metadata ObjectMeta #1
    spec NamespaceSpec #2
    status NamespaceStatus #3`,
  ],
  NamespaceSpec: ['What keeps a namespace.', 'finalizers [string] #1'],
  NamespaceStatus: [
    'Whether a namespace is in use.',
    `
    phase string -- Active or Terminating.
    conditions [Condition]~type`,
  ],
  ServiceAccount: [
    'An identity for what runs in the cluster.',
    `
    apiVersion string
    kind string
    metadata ObjectMeta #1
    automountServiceAccountToken boolean #4?
    imagePullSecrets [LocalObjectReference]~name #3
    secrets [ObjectReference]~name #2`,
  ],
  Service: [
    'A stable address for a set of pods.',
    `
    apiVersion string
    kind string
    metadata ObjectMeta #1
    spec ServiceSpec #2
    status * #3`,
  ],
  ServiceSpec: [
    'Which pods, at which ports.',
    `
    type string #4 -- ClusterIP, NodePort, LoadBalancer or ExternalName.
    selector {string} #2 -- Labels of the pods.
    ports [ServicePort]~port #1
    clusterIP string #3
    clusterIPs [string] #18
    externalIPs [string] #5
    externalName string #10
    externalTrafficPolicy string #11
    internalTrafficPolicy string #22
    trafficDistribution string #23
    healthCheckNodePort integer #12
    ipFamilies [string] #19
    ipFamilyPolicy string #17
    allocateLoadBalancerNodePorts boolean #20?
    loadBalancerClass string #21
    loadBalancerIP string #8
    loadBalancerSourceRanges [string] #9
    publishNotReadyAddresses boolean #13
    sessionAffinity string #7
    sessionAffinityConfig * #14`,
  ],
  ServicePort: [
    'A port of a service.',
    `
    port! integer #3
    targetPort intOrString #4
    name string #1
    protocol string #2
    appProtocol string #6
    nodePort integer #5`,
  ],
  Event: [
    'Something that happened to an object.',
    `
    apiVersion string
    kind string
    metadata! ObjectMeta #1
    involvedObject! ObjectReference #2
    reason string #3
    message string #4
    type string #9 -- Normal or Warning.
    count integer #8
    firstTimestamp time #6
    lastTimestamp time #7
    eventTime time #10
    source * #5
    reportingComponent string #14
    reportingInstance string #15
    action string #12
    related ObjectReference #13
    series * #11`,
  ],
  Node: [
    'A machine of the cluster.',
    `
    apiVersion string
    kind string
    metadata ObjectMeta #1
    spec NodeSpec #2
    status * #3`,
  ],
  NodeSpec: [
    'What is wanted of a node.',
    `
    unschedulable boolean #4
    taints [*] #5
    podCIDR string #1
    podCIDRs [string] #7
    providerID string #3`,
  ],
  Lease: [
    'A claim that lasts for a while.',
    `
    apiVersion string
    kind string
    metadata ObjectMeta #1
    spec LeaseSpec #2`,
  ],
  LeaseSpec: [
    'Who holds a lease, and how long.',
    `
    holderIdentity string #1
    acquireTime time #3
    renewTime time #4
    leaseDurationSeconds integer #2?
    leaseTransitions integer #5?
    preferredHolder string #7
    strategy string #6`,
  ],
};
