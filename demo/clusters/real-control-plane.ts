// A real kube-apiserver with etcd, where KUBEBUILDER_ASSETS names the directory of their binaries (the variable of
// controller-runtime's envtest). It has no kubelet: the pod of the tour stays an object.
import { accessSync, constants } from 'node:fs';
import { join, resolve } from 'node:path';
import { startControlPlane } from '../control-plane/index.ts';
import { DemoError } from '../demo-error.ts';
import type { ClusterOptions } from './cluster-options.ts';
import type { DemoCluster } from './demo-cluster.ts';
import { clusterAdminBinding, demoObjects } from './demo-objects.ts';
import type { KubernetesObject } from './demo-objects.ts';

const NAMESPACE = 'tour';

/** Where objects of a kind are created. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ServiceAccount: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`,
  Pod: `/api/v1/namespaces/${NAMESPACE}/pods`,
  Role: `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/roles`,
  RoleBinding: `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/rolebindings`,
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
};

/** @throws DemoError CC_ERR_DEMO_CLUSTER when a binary is missing; ControlPlaneError when one does not start */
export async function startRealControlPlane(assets: string, options: ClusterOptions): Promise<DemoCluster> {
  const binaries = { etcd: binary(assets, 'etcd'), kubeApiserver: binary(assets, 'kube-apiserver') };
  const controlPlane = await startControlPlane(binaries);
  try {
    for (const object of [...demoObjects(NAMESPACE, options.cast), clusterAdminBinding(options.cast)]) {
      await controlPlane.client.create(collectionOf(object), object);
    }
  } catch (error) {
    await controlPlane.close();
    throw error;
  }
  return {
    description: `a real kube-apiserver ${controlPlane.version} with etcd; without a kubelet, so no pod runs`,
    namespace: NAMESPACE,
    upstream: {
      server: controlPlane.server,
      caPem: controlPlane.caPem,
      tokenFile: controlPlane.agentTokenFile,
    },
    podState: 'unscheduled',
    close: () => controlPlane.close(),
  };
}

function collectionOf({ kind }: KubernetesObject): string {
  const path = COLLECTIONS[kind];
  if (path === undefined) throw new TypeError(`where does a ${kind} go?`);
  return path;
}

function binary(assets: string, name: string): string {
  const file = resolve(join(assets, process.platform === 'win32' ? `${name}.exe` : name));
  try {
    accessSync(file, constants.X_OK);
  } catch (error) {
    throw new DemoError(
      'CC_ERR_DEMO_CLUSTER',
      `KUBEBUILDER_ASSETS is set, but ${file} is not there or not executable; unset it to use the stand-in`,
      [],
      { cause: error },
    );
  }
  return file;
}
