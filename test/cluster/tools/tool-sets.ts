// The binaries of the suite: where their source is, at which version, and how they are built. The versions here and
// in the go.mod files are one: a set's cache folder is named for both.
import { join } from 'node:path';
import { linkerFlags, STRIP } from '../../../demo/go-tools/index.ts';
import type { Tool, ToolSet, UsableOnPath } from '../../../demo/go-tools/index.ts';

const KUBERNETES_VERSION = '1.34.4';
const OLD_KUBERNETES_VERSION = '1.20.15';
const HELM_VERSION = '3.22.0';
const KUBELOGIN_VERSION = '0.2.21';

/** port-forward speaks WebSocket by default since 1.31; an older kubectl on the PATH is passed over. */
const OLDEST_KUBECTL_MINOR = 31;
/** As old as the one that Debian 12 packages: it streams over SPDY alone. */
const NEWEST_OLD_KUBECTL_MINOR = 20;
const OLDEST_HELM_MAJOR = 3;

const ETCD = describeSet('etcd', '3.6.16', '1.26');
const KUBERNETES = describeSet('kubernetes', KUBERNETES_VERSION, '1.24');
const KWOK = describeSet('kwok', '0.8.0', '1.26');
const OLD_KUBECTL = describeSet('old-kubectl', OLD_KUBERNETES_VERSION, '1.24');
const HELM = describeSet('helm', HELM_VERSION, '1.26');
/** The newest that Go 1.26.6 builds. */
const KUBELOGIN = describeSet('kubelogin', KUBELOGIN_VERSION, '1.26.6');
/** Its version is client-go's. */
const INFORMER = describeSet('informer', '0.34.4', '1.24');
/** Its version is that of the kubelet's streaming packages. */
const KUBELET = describeSet('kubelet', '0.36.1', '1.26');

export const TOOLS = {
  etcd: { set: ETCD, executable: 'etcd', package: 'go.etcd.io/etcd/server/v3', linkerFlags: STRIP },
  kubeApiserver: {
    set: KUBERNETES,
    executable: 'kube-apiserver',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    linkerFlags: kubernetesLinkerFlags(KUBERNETES_VERSION),
  },
  kubectl: {
    set: KUBERNETES,
    executable: 'kubectl',
    package: 'k8s.io/kubernetes/cmd/kubectl',
    linkerFlags: kubernetesLinkerFlags(KUBERNETES_VERSION),
    usableOnPath: kubectlOnPath((minor) => minor >= OLDEST_KUBECTL_MINOR),
  },
  kwok: { set: KWOK, executable: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', linkerFlags: STRIP },
  oldKubectl: {
    set: OLD_KUBECTL,
    executable: 'kubectl-1.20',
    package: 'k8s.io/kubernetes/cmd/kubectl',
    linkerFlags: kubernetesLinkerFlags(OLD_KUBERNETES_VERSION),
    usableOnPath: kubectlOnPath((minor) => minor > 0 && minor <= NEWEST_OLD_KUBECTL_MINOR),
  },
  helm: {
    set: HELM,
    executable: 'helm',
    package: 'helm.sh/helm/v3/cmd/helm',
    linkerFlags: linkerFlags({ 'helm.sh/helm/v3/internal/version.version': `v${HELM_VERSION}` }),
    usableOnPath: {
      executable: 'helm',
      versionArguments: ['version', '--short'],
      versionPattern: /^v(\d+)/,
      accepts: (major) => major >= OLDEST_HELM_MAJOR,
    },
  },
  informer: { set: INFORMER, executable: 'informer', package: '.', linkerFlags: STRIP },
  kubelogin: {
    set: KUBELOGIN,
    executable: 'kubelogin',
    package: 'github.com/Azure/kubelogin',
    linkerFlags: linkerFlags({ 'main.gitTag': `v${KUBELOGIN_VERSION}` }),
  },
  // Not called kubelet: a real one in KUBEBUILDER_ASSETS must not be taken for it.
  kubelet: { set: KUBELET, executable: 'test-kubelet', package: '.', linkerFlags: STRIP },
} as const satisfies Readonly<Record<string, Tool>>;

export type ToolName = keyof typeof TOOLS;

/** Where each tool is. Plain data: Vitest hands it to its workers. */
export type ToolPaths = Readonly<Record<ToolName, string>>;

export const TOOL_NAMES: readonly ToolName[] = [
  'etcd',
  'kubeApiserver',
  'kubectl',
  'kwok',
  'oldKubectl',
  'helm',
  'informer',
  'kubelet',
  'kubelogin',
];

/** Go reads every go.mod's `go` line; the newest of them is what a machine needs. */
export const GO_NEEDED = '1.26.6';

function describeSet(name: string, version: string, goVersion: string): ToolSet {
  return { name, version, directory: join(import.meta.dirname, name), goVersion };
}

/** What Kubernetes' own build sets: without it `kubectl version` and `/version` say v0.0.0-master. */
function kubernetesLinkerFlags(version: string): string {
  const [major = '', minor = ''] = version.split('.');
  const values = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return linkerFlags(
    Object.fromEntries(
      packages.flatMap((name) =>
        Object.entries(values).map(([variable, value]) => [`${name}.${variable}`, value]),
      ),
    ),
  );
}

function kubectlOnPath(accepts: (minor: number) => boolean): UsableOnPath {
  return {
    executable: 'kubectl',
    versionArguments: ['version', '--client', '--output', 'json'],
    versionPattern: /"minor":\s*"(\d+)/,
    accepts,
  };
}
