// What the stand-in answers: a ConfigMap of exactly 2 KB and a list of pods of 220 KB, with the headers that a real apiserver
// sends.

const BODY_BYTES = 2048;
/** 1 KB = 1000 bytes: some 130 pods. */
const LIST_BYTES = 220_000;

/** Name and value in turn, lower case, without Content-Length. */
export const ANSWER_HEADERS: readonly string[] = [
  'audit-id',
  '2b7c1f6e-53d0-4f0e-9d0a-6f0d2a1c9b55',
  'cache-control',
  'no-cache, private',
  'content-type',
  'application/json',
  'x-kubernetes-pf-flowschema-uid',
  'a8f3c1d2-7f64-4a1b-8b61-0c5de2a9b7f1',
  'x-kubernetes-pf-prioritylevel-uid',
  'c41b7d90-2e5a-4c38-9f17-5be08d3a6e24',
  'date',
  'Thu, 01 Jan 2026 00:00:00 GMT',
];

export function answerBody(): string {
  const render = (text: string): string =>
    JSON.stringify({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {
        name: 'bench',
        namespace: 'default',
        uid: '0f6a3f0e-6f0c-4a43-9a3a-1d6d9f3f7a10',
        resourceVersion: '4711',
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      data: { text },
    });
  const text = 'ships leave the harbour with the tide; '.repeat(60);
  return render(text.slice(0, BODY_BYTES - render('').length));
}

/** As `kubectl get pods -o json` gets it: at least LIST_BYTES, of whole pods. */
export function listBody(): string {
  const pods: string[] = [];
  for (let bytes = 0; bytes < LIST_BYTES; bytes += (pods.at(-1)?.length ?? 0) + 1)
    pods.push(JSON.stringify(podOf(pods.length)));
  const head = { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '4711' } };
  return `${JSON.stringify(head).slice(0, -1)},"items":[${pods.join(',')}]}`;
}

/** Every pod is another, as in life. */
function podOf(index: number): object {
  const app = `harbour-${index % 17}`;
  const name = `${app}-${(index * 7919 + 4096).toString(16)}-${(index * 104_729 + 65_536).toString(36)}`;
  const address = `10.${index % 4}.${index % 251}.${(index * 13) % 251}`;
  const readyAt = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString();
  const resources = { limits: { memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } };
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: `0f6a3f0e-6f0c-4a43-9a3a-${index.toString(16).padStart(12, '0')}`,
      resourceVersion: String(4000 + index),
      creationTimestamp: readyAt,
      labels: { app, 'pod-template-hash': (index * 7919 + 4096).toString(16), tier: 'backend' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: app, controller: true }],
    },
    spec: {
      volumes: [{ name: 'settings', configMap: { name: `${app}-settings`, defaultMode: 420 } }],
      containers: [
        {
          name: 'main',
          image: `registry.example/${app}:1.${index % 9}.0`,
          ports: [{ containerPort: 8080, protocol: 'TCP' }],
          env: [{ name: 'REGION', value: 'north' }],
          resources,
          volumeMounts: [{ name: 'settings', mountPath: '/etc/settings', readOnly: true }],
          livenessProbe: { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, periodSeconds: 10 },
          terminationMessagePath: '/dev/termination-log',
          imagePullPolicy: 'IfNotPresent',
        },
      ],
      restartPolicy: 'Always',
      serviceAccountName: app,
      nodeName: `node-${index % 12}`,
      tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
    },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: readyAt }],
      hostIP: `192.168.0.${index % 12}`,
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: readyAt,
      qosClass: 'Burstable',
    },
  };
}

/** The head of an answer, with the empty line that ends it. */
export function http1Head(bodyBytes: number): string {
  let head = 'HTTP/1.1 200 OK\r\n';
  for (let at = 0; at < ANSWER_HEADERS.length; at += 2)
    head += `${ANSWER_HEADERS[at]}: ${ANSWER_HEADERS[at + 1]}\r\n`;
  return `${head}content-length: ${bodyBytes}\r\n\r\n`;
}

export function http1Answer(body: string): Buffer {
  return Buffer.from(`${http1Head(Buffer.byteLength(body))}${body}`, 'latin1');
}
