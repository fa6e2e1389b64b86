// What runs in the cluster for these tests: a pod to talk to, and requests that the apiserver leaves without an answer.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { ApiserverClient } from '../../../demo/control-plane/index.ts';
import { createAuthority } from '../../../gateway/index.ts';
import { boundPort } from '../../../observe/index.ts';
import { configMap, createNamespace } from '../cluster-objects.ts';
import { startFakeKubelet } from '../fake-kubelet.ts';
import { startPod } from '../kubelet/index.ts';
import type { KubeletAddress, RunningPod } from '../kubelet/index.ts';
import { echo, startPodServer } from '../streams/pod-server.ts';
import type { PodServer } from '../streams/pod-server.ts';

const HELD_NODE = 'node-that-holds';
export const HELD_POD = 'held';
const HOLD = { hold: 'yes' };
/** The longest that the apiserver waits for a webhook. */
const WEBHOOK_TIMEOUT_SECONDS = 30;

export interface EndsCluster {
  readonly namespace: string;
  readonly pod: RunningPod;
  /** Echoes what comes through port-forward. */
  readonly server: PodServer;
  /** A ConfigMap whose creation is never answered. */
  readonly heldObject: object;
  /** Resolves when the apiserver holds so many requests more than before. */
  untilHeld(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startEndsCluster(
  admin: ApiserverClient,
  namespace: string,
  kubelet?: KubeletAddress,
): Promise<EndsCluster> {
  await createNamespace(admin, namespace);
  const pod = await startPod(admin, { namespace, name: 'web' }, kubelet);
  const server = await startPodServer(echo);
  let held = 0;
  const waiting = new Set<() => void>();
  const hold = (): void => {
    held += 1;
    for (const look of waiting) look();
  };
  const fakeKubelet = await startFakeKubelet(admin, HELD_NODE);
  fakeKubelet.handle(`/containerLogs/${namespace}/${HELD_POD}/main`, hold);
  await admin.create(`/api/v1/namespaces/${namespace}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: HELD_POD },
    spec: { nodeName: HELD_NODE, containers: [{ name: 'main', image: 'registry.example/main:1' }] },
  });
  const webhook = await startHoldingWebhook(admin, namespace, hold);
  return {
    namespace,
    pod,
    server,
    heldObject: {
      ...configMap('held', {}),
      metadata: { name: 'held', namespace, labels: HOLD },
    },
    untilHeld: (count) => {
      const wanted = held + count;
      return new Promise((resolve) => {
        const look = (): void => {
          if (held < wanted) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
    close: async () => {
      await webhook.close();
      await Promise.all([fakeKubelet.close(), server.close()]);
    },
  };
}

/** Has the apiserver wait before it creates a ConfigMap with the label. */
async function startHoldingWebhook(admin: ApiserverClient, namespace: string, onRequest: () => void) {
  const authority = createAuthority('holding webhook');
  const { certificatePem, privateKeyPem } = authority.issueServerCertificate({
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  const server = createServer({ cert: certificatePem, key: privateKeyPem }, onRequest);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
  await admin.create(path, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: `hold-${namespace}` },
    webhooks: [
      {
        name: `${namespace}.example.com`,
        clientConfig: {
          url: `https://127.0.0.1:${boundPort(server)}/`,
          caBundle: Buffer.from(authority.certificatePem).toString('base64'),
        },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
        objectSelector: { matchLabels: HOLD },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        failurePolicy: 'Fail',
        timeoutSeconds: WEBHOOK_TIMEOUT_SECONDS,
      },
    ],
  });
  return {
    close: async (): Promise<void> => {
      // Whoever ended the apiserver cannot tidy up there, and need not.
      await admin.send('DELETE', `${path}/hold-${namespace}`).catch(() => undefined);
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
