// What kwok does: it makes the node ready, a pod run as soon as it is on the node, and go when it is deleted.
import { stringify } from 'yaml';

const POD = { apiGroup: 'v1', kind: 'Pod' };

/** Without a stage for nodes kwok takes none for its own, and leaves their pods alone. */
const READY = `
{{ $now := Now | Quote }}
conditions:
- {type: Ready, status: "True", reason: KubeletReady, lastHeartbeatTime: {{ $now }}, lastTransitionTime: {{ $now }}}
`;

/** Go templates over the pod, in the words of core/v1 PodStatus. */
const RUNNING = `
{{ $now := Now | Quote }}
phase: Running
startTime: {{ $now }}
conditions:
{{ range (list "Initialized" "ContainersReady" "Ready") }}
- {type: {{ . }}, status: "True", lastTransitionTime: {{ $now }}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  restartCount: 0
  state: {running: {startedAt: {{ $now }}}}
{{ end }}
hostIP: 127.0.0.1
{{ with PodIPsWith .spec.nodeName (or .spec.hostNetwork false) .metadata.uid .metadata.name .metadata.namespace }}
podIP: {{ index . 0 | Quote }}
podIPs: [{ip: {{ index . 0 | Quote }}}]
{{ end }}
`;

/** The file for kwok's --config. */
export function kwokConfig(): string {
  return [
    stage('node-is-ready', {
      resourceRef: { apiGroup: 'v1', kind: 'Node' },
      selector: {
        matchExpressions: [
          {
            key: '.status.conditions.[] | select( .type == "Ready" ) | .status',
            operator: 'NotIn',
            values: ['True'],
          },
        ],
      },
      next: { statusTemplate: READY },
    }),
    stage('pod-runs', {
      resourceRef: POD,
      selector: {
        matchExpressions: [
          { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' },
          { key: '.status.phase', operator: 'In', values: ['Pending'] },
        ],
      },
      next: { statusTemplate: RUNNING },
    }),
    stage('pod-goes', {
      resourceRef: POD,
      selector: { matchExpressions: [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }] },
      next: { delete: true },
    }),
  ].join('---\n');
}

function stage(name: string, spec: object): string {
  return stringify({ apiVersion: 'kwok.x-k8s.io/v1alpha1', kind: 'Stage', metadata: { name }, spec });
}
