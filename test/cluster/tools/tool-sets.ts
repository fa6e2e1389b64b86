// The binaries of the suite: where their source is, at which version, and how they are built. The versions here and
// in the go.mod files are one: a set's cache folder is named for both.
import { join } from 'node:path';

export type ToolName = 'etcd' | 'kube-apiserver' | 'kubectl';

interface Tool {
  readonly package: string;
  /** The folder of its go.mod: etcd and Kubernetes want different versions of the same modules. */
  readonly moduleDirectory: string;
  /** Needs at least this Go. */
  readonly goVersion: string;
  readonly linkerFlags: string;
}

export const ETCD_VERSION = '3.6.16';
export const KUBERNETES_VERSION = '1.34.4';

const STRIP = '-s -w';

/** What Kubernetes' own build sets: without it `kubectl version` and `/version` say v0.0.0-master. */
function kubernetesLinkerFlags(): string {
  const [major = '', minor = ''] = KUBERNETES_VERSION.split('.');
  const values = {
    gitVersion: `v${KUBERNETES_VERSION}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
  };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  const settings = packages.flatMap((name) =>
    Object.entries(values).map(([variable, value]) => `-X ${name}.${variable}=${value}`),
  );
  return [STRIP, ...settings].join(' ');
}

const kubernetes = {
  moduleDirectory: join(import.meta.dirname, 'kubernetes'),
  goVersion: '1.24',
  linkerFlags: kubernetesLinkerFlags(),
};

export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  etcd: {
    package: 'go.etcd.io/etcd/server/v3',
    moduleDirectory: join(import.meta.dirname, 'etcd'),
    goVersion: '1.26',
    linkerFlags: STRIP,
  },
  'kube-apiserver': { package: 'k8s.io/kubernetes/cmd/kube-apiserver', ...kubernetes },
  kubectl: { package: 'k8s.io/kubernetes/cmd/kubectl', ...kubernetes },
};

/** Go reads every go.mod's `go` line; the newest of them is what a machine needs. */
export const GO_NEEDED = '1.26';
