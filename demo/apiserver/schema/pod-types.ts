// Pods and what they are made of. Rarely used corners are open (`*`): taken as they come.
import type { TypeNotation } from './type-table.ts';

export const POD_TYPES: Readonly<Record<string, TypeNotation>> = {
  Pod: [
    'Containers that run together on one node.',
    `
    apiVersion string
    kind string
    metadata ObjectMeta #1
    spec PodSpec #2 -- What should run.
    status PodStatus #3 -- What was seen to run; written by the system.`,
  ],
  PodTemplateSpec: [
    'The pod that a controller creates.',
    `
    metadata ObjectMeta #1
    spec PodSpec #2`,
  ],
  PodSpec: [
    'What a pod should run, and where.',
    `
    containers! [Container]~name #2 -- At least one; cannot be added to or removed later.
    initContainers [Container]~name #20 -- Run one after another before the others start.
    ephemeralContainers [*] #34
    volumes [Volume]~name #1 -- Storage that the containers may mount.
    restartPolicy string #3 -- Always, OnFailure or Never.
    terminationGracePeriodSeconds integer #4? -- How long a pod may take to stop.
    activeDeadlineSeconds integer #5?
    dnsPolicy string #6
    dnsConfig * #26
    nodeSelector {string} #7 -- Labels that the node must have.
    nodeName string #10 -- The node that runs the pod; set by the scheduler.
    serviceAccountName string #8 -- The ServiceAccount that the pod runs as.
    serviceAccount string #9
    automountServiceAccountToken boolean #21?
    hostNetwork boolean #11
    hostPID boolean #12
    hostIPC boolean #13
    hostUsers boolean #37?
    hostname string #16
    hostnameOverride string #41
    subdomain string #17
    setHostnameAsFQDN boolean #35?
    shareProcessNamespace boolean #27?
    securityContext * #14
    imagePullSecrets [LocalObjectReference]~name #15
    affinity * #18
    schedulerName string #19
    schedulingGates [*] #38
    tolerations [*] #22
    hostAliases [HostAlias]~ip #23
    priority integer #25?
    priorityClassName string #24
    preemptionPolicy string #31
    readinessGates [*] #28
    runtimeClassName string #29
    enableServiceLinks boolean #30?
    overhead {quantity} #32
    os * #36
    resourceClaims [*] #39
    resources ResourceRequirements #40
    topologySpreadConstraints [*] #33`,
  ],
  Container: [
    'One container of a pod.',
    `
    name! string #1 -- Unique within the pod; cannot be changed.
    image string #2 -- The image to run.
    imagePullPolicy string #14 -- Always, Never or IfNotPresent.
    command [string] #3 -- Instead of the entry point of the image.
    args [string] #4 -- Arguments for the entry point.
    workingDir string #5
    env [EnvVar]~name #7 -- Environment variables.
    envFrom [*] #19
    ports [ContainerPort]~containerPort #6 -- Ports that the container offers; for information.
    resources ResourceRequirements #8
    resizePolicy [*] #23
    restartPolicy string #24
    restartPolicyRules [*] #25
    volumeMounts [VolumeMount]~mountPath #9
    volumeDevices [*] #21
    livenessProbe * #10
    readinessProbe * #11
    startupProbe * #22
    lifecycle * #12
    securityContext * #15
    stdin boolean #16
    stdinOnce boolean #17
    tty boolean #18
    terminationMessagePath string #13
    terminationMessagePolicy string #20`,
  ],
  EnvVar: [
    'An environment variable.',
    `
    name! string #1
    value string #2
    valueFrom * #3`,
  ],
  ContainerPort: [
    'A port of a container.',
    `
    containerPort! integer #3
    name string #1
    protocol string #4
    hostPort integer #2
    hostIP string #5`,
  ],
  ResourceRequirements: [
    'What a container needs and may use at most.',
    `
    limits {quantity} #1
    requests {quantity} #2
    claims [*] #3`,
  ],
  VolumeMount: [
    'Where a volume appears in a container.',
    `
    name! string #1
    mountPath! string #3
    mountPropagation string #5
    readOnly boolean #2
    recursiveReadOnly string #7
    subPath string #4
    subPathExpr string #6`,
  ],
  Volume: [
    'Storage of a pod; exactly one of the sources.',
    `
    name! string #1
    configMap *
    csi *
    downwardAPI *
    emptyDir *
    ephemeral *
    hostPath *
    image *
    iscsi *
    nfs *
    persistentVolumeClaim *
    projected *
    secret *`,
  ],
  HostAlias: [
    'A line of the hosts file.',
    `
    ip! string #1
    hostnames [string] #2`,
  ],
  PodStatus: [
    'What was last seen of a pod.',
    `
    phase string -- Pending, Running, Succeeded, Failed or Unknown.
    conditions [Condition]~type
    message string
    reason string
    nominatedNodeName string
    hostIP string
    hostIPs [*]
    podIP string
    podIPs [*]
    startTime time
    containerStatuses [ContainerStatus]
    initContainerStatuses [ContainerStatus]
    ephemeralContainerStatuses [ContainerStatus]
    observedGeneration integer
    qosClass string
    resize string
    resourceClaimStatuses [*]`,
  ],
  ContainerStatus: [
    'What was last seen of a container.',
    `
    name! string
    image! string
    imageID! string
    containerID string
    ready! boolean
    started boolean
    restartCount! integer
    state *
    lastState *
    allocatedResources {quantity}
    allocatedResourcesStatus [*]
    resources ResourceRequirements
    stopSignal string
    user *
    volumeMounts [*]`,
  ],
};
