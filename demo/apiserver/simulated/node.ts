// The one node of the stand-in: made up, and saying so in every field where a node says what it is.
import { LEASES, NODES } from '../resource-types.ts';
import type { JsonObject } from '../json.ts';
import { timestamp } from '../objects/object-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { STANDIN_VERSION } from '../schema/openapi.ts';

export const NODE_NAME = 'standin-node';

export function hostAddress(): string {
  return '192.0.2.10'; // RFC 5737: an address of nobody's
}

/** The node and its lease, which `kubectl describe node` looks for. */
export function addNode(store: ObjectStore): void {
  const now = timestamp();
  const capacity = { cpu: '4', memory: '8Gi', pods: '110' };
  const conditions: JsonObject[] = [
    ['MemoryPressure', 'False', 'KubeletHasSufficientMemory'],
    ['DiskPressure', 'False', 'KubeletHasNoDiskPressure'],
    ['PIDPressure', 'False', 'KubeletHasSufficientPID'],
    ['Ready', 'True', 'KubeletReady'],
  ].map(([type = '', status = '', reason = '']) => {
    return { type, status, reason, message: 'simulated', lastHeartbeatTime: now, lastTransitionTime: now };
  });
  store.create(NODES, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: NODE_NAME,
      labels: {
        'kubernetes.io/hostname': NODE_NAME,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'node-role.kubernetes.io/control-plane': '',
      },
      annotations: { 'cluster-connect.dev/standin': 'a simulated node: nothing runs here' },
    },
    spec: { podCIDR: '10.244.0.0/16', podCIDRs: ['10.244.0.0/16'] },
    status: {
      capacity,
      allocatable: capacity,
      conditions,
      addresses: [
        { type: 'InternalIP', address: hostAddress() },
        { type: 'Hostname', address: NODE_NAME },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: 'standin',
        systemUUID: 'standin',
        bootID: 'standin',
        kernelVersion: 'none',
        osImage: 'cluster-connect stand-in',
        containerRuntimeVersion: 'standin://1',
        kubeletVersion: STANDIN_VERSION,
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  });
  store.create(LEASES, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: NODE_NAME, namespace: 'kube-node-lease' },
    spec: { holderIdentity: NODE_NAME, leaseDurationSeconds: 40, renewTime: microTime() },
  });
}

/** Kubernetes' metav1.MicroTime, which client-go reads in this one form. */
function microTime(): string {
  return `${new Date().toISOString().slice(0, 23)}000Z`;
}
