// Service connections as the tasks of Azure Pipelines see them, and the kubeconfig that Kubernetes@1 makes of one.
// Source: kubectlutility.ts of azure-pipelines-tasks-common-packages, clusterconnection.ts of Kubernetes@1.
import { z } from 'zod';

/** Azure Resource Manager, with workload identity federation. */
export interface AzureConnection {
  readonly kind: 'azure';
  readonly id: string;
  readonly tenantId: string;
  readonly clientId: string;
}

export interface KubeconfigConnection {
  readonly kind: 'kubeconfig';
  /** What was pasted into the field "Kubeconfig". */
  readonly kubeconfig: string;
}

export interface ServiceAccountConnection {
  readonly kind: 'service-account';
  /** What was pasted into the field "Server URL". */
  readonly url: string;
  /** What the form took out of the Secret: both in base64, as they stand there. */
  readonly apiToken: string;
  readonly serviceAccountCertificate: string;
}

export type KubernetesConnection = KubeconfigConnection | ServiceAccountConnection;
export type ServiceConnection = AzureConnection | KubernetesConnection;

const secretSchema = z.object({
  apiVersion: z.literal('v1'),
  kind: z.literal('Secret'),
  data: z.object({ token: z.base64(), 'ca.crt': z.base64() }),
});

/** The form's part: somebody pastes the first line of what get-credentials printed, and the rest. */
export function pasteServiceAccount(printed: string): ServiceAccountConnection {
  const [url = '', ...rest] = printed.split('\n');
  const { data } = secretSchema.parse(JSON.parse(rest.join('\n')));
  return { kind: 'service-account', url, apiToken: data.token, serviceAccountCertificate: data['ca.crt'] };
}

/** The task's part. */
export function kubeconfigOf(connection: KubernetesConnection): string {
  if (connection.kind === 'kubeconfig') return connection.kubeconfig;
  const { url, apiToken, serviceAccountCertificate } = connection;
  // No names and no context: kubectl takes the one cluster and the one user whose name is empty.
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ cluster: { 'certificate-authority-data': serviceAccountCertificate, server: url } }],
    users: [{ user: { token: Buffer.from(apiToken, 'base64').toString() } }],
  });
}
