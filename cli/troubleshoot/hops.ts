// The hops of a request in their order, and what a probe says about one. docs/troubleshooting.md lists every problem.

export const HOPS = [
  'kubeconfig',
  'proxy',
  'dns',
  'tcp',
  'tls',
  'gateway',
  'token',
  'access',
  'tunnel',
  'agent',
  'apiserver',
  'rbac',
  'exec',
] as const;
export type HopName = (typeof HOPS)[number];

/** What can be wrong, by hop. Programs match these names, so a name never changes its meaning. */
export const PROBLEMS = {
  kubeconfig: [
    'file-missing',
    'file-unreadable',
    'file-invalid',
    'no-context',
    'context-unknown',
    'entry-missing',
    'server-unusable',
    'ca-unusable',
    'user-invalid',
  ],
  proxy: ['proxy-unusable', 'proxy-unreachable', 'proxy-timeout', 'proxy-credentials', 'proxy-refused'],
  dns: ['name-unknown', 'dns-unavailable', 'dns-timeout'],
  tcp: ['port-closed', 'unreachable', 'connect-timeout'],
  tls: [
    'not-tls',
    'certificate-untrusted',
    'certificate-expired',
    'certificate-not-yet-valid',
    'certificate-name',
    'tls-broken',
    'tls-timeout',
  ],
  gateway: ['not-the-gateway', 'misdirected', 'nothing-served', 'gateway-refuses', 'no-answer'],
  token: [
    'plugin-missing',
    'plugin-failed',
    'plugin-timeout',
    'plugin-answer',
    'plugin-terminal',
    'token-file',
    'no-token',
    'token-expired',
  ],
  access: [
    'token-refused',
    'identity-refused',
    'cluster-unknown',
    'role',
    'gateway-busy',
    'gateway-refuses',
    'no-answer',
  ],
  tunnel: ['agent-not-connected', 'tunnel-broken', 'tunnel-busy'],
  agent: ['agent-refuses-token', 'agent-refuses', 'agent-failed'],
  apiserver: [
    'apiserver-unreachable',
    'apiserver-broken',
    'agent-account',
    'impersonation',
    'not-an-apiserver',
  ],
  rbac: ['nothing-allowed', 'review-failed'],
  exec: ['upgrade-lost', 'upgrade-refused', 'no-answer'],
} as const satisfies Record<HopName, readonly string[]>;

/** Of any hop: this command itself failed. */
export const UNEXPECTED = 'unexpected';
export type Problem = (typeof PROBLEMS)[HopName][number] | typeof UNEXPECTED;

export type Fact = string | number | boolean | readonly string[];
export type Facts = Readonly<Record<string, Fact>>;

export interface Finding {
  /** One line for a person, without a full stop. */
  readonly message: string;
  readonly facts?: Facts;
  /** What does not stop a request, and yet is worth knowing. */
  readonly notes?: readonly string[];
}

export interface Ok<T> extends Finding {
  readonly state: 'ok';
  /** What the next hop needs. */
  readonly value: T;
}

export interface Failed extends Finding {
  readonly state: 'failed';
  readonly problem: Problem;
  /** What to do: whole sentences. */
  readonly advice: string;
  /** From the Status of whoever refused. */
  readonly errorCode?: string;
  readonly requestId?: string;
}

/** Nothing to try here, or nothing to try it with. */
export interface Skipped<T> extends Finding {
  readonly state: 'skipped';
  /** Undefined where the hops behind it cannot be tried either. */
  readonly value: T | undefined;
}

export type Outcome<T> = Ok<T> | Failed | Skipped<T>;

export function ok<T>(value: T, finding: Finding): Ok<T> {
  return { state: 'ok', value, ...finding };
}

export function skipped<T>(value: T | undefined, message: string): Skipped<T> {
  return { state: 'skipped', value, message };
}

export function failed(problem: Problem, finding: Finding & { readonly advice: string }): Failed {
  return { state: 'failed', problem, ...finding };
}
