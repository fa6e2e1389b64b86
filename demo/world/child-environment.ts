// The environment for what the demo starts: this machine's, without what would lead a command elsewhere.

type Environment = Readonly<Record<string, string | undefined>>;

// A proxy cannot reach 127.0.0.1; settings and credentials of another cluster or tenant do not belong here.
const LEFT_OUT = /^(CLUSTER_CONNECT_|AZURE_|AAD_|KUBE|HTTPS?_PROXY$|ALL_PROXY$|NODE_OPTIONS$)/i;

export function childEnvironment(environment: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !LEFT_OUT.test(name)) kept[name] = value;
  }
  return kept;
}
