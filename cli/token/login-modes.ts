// The ways to sign in: a table, so that a new way is one entry and one file. Each is loaded when it is used.
import { usageError } from '../cli-error.ts';
import { pipelineProof, requireWorkloadProof, servicePrincipalProof } from './application-proof.ts';
import type { ProofRequest } from './application-proof.ts';
import type { AccessToken, SignInRequest } from './sign-in-request.ts';

export interface LoginMode {
  /** One line for `--help`. */
  readonly summary: string;
  /** How long another call may wait for this one's result, in milliseconds. */
  readonly longestMs: number;
  readonly needs: readonly ('tenant' | 'clientId')[];
  /** Somebody has to do something; but for renewals, which are silent. */
  readonly asksPerson: boolean;
  /** The token comes from the token endpoint itself, which can bind it to a key (proof of possession). */
  readonly canBind: boolean;
  /** Throws a CliError when what it proves itself with is not there: called before a kept token is looked for. */
  readonly requireProof?: (request: ProofRequest) => unknown;
  /** Loads only what this way needs. */
  load(): Promise<(request: SignInRequest) => Promise<AccessToken>>;
}

const PERSON = { needs: ['tenant', 'clientId'], asksPerson: true, canBind: true } as const;
const APPLICATION = {
  needs: ['tenant', 'clientId'],
  asksPerson: false,
  canBind: true,
  longestMs: 120_000,
} as const;
const PLATFORM = { needs: [], asksPerson: false, canBind: false, longestMs: 120_000 } as const;

const LOGIN_MODES: ReadonlyMap<string, LoginMode> = new Map<string, LoginMode>([
  [
    'devicecode',
    {
      ...PERSON,
      summary: 'a person, with a code typed into a browser on any device',
      longestMs: 930_000,
      load: async () => (await import('./modes/device-code.ts')).signInWithDeviceCode,
    },
  ],
  [
    'interactive',
    {
      ...PERSON,
      summary: 'a person, in the browser of this machine',
      longestMs: 330_000,
      load: async () => (await import('./modes/interactive.ts')).signInWithBrowser,
    },
  ],
  [
    'spn',
    {
      ...APPLICATION,
      requireProof: servicePrincipalProof,
      summary: 'a service principal, with its secret in AZURE_CLIENT_SECRET or a certificate',
      load: async () => (await import('./modes/service-principal.ts')).signInServicePrincipal,
    },
  ],
  [
    'workloadidentity',
    {
      ...APPLICATION,
      requireProof: requireWorkloadProof,
      summary: 'a workload, with the token of AZURE_FEDERATED_TOKEN_FILE or of its GitHub job',
      load: async () => (await import('./modes/workload-identity.ts')).signInWorkload,
    },
  ],
  [
    'msi',
    {
      ...PLATFORM,
      summary: 'the managed identity of an Azure resource; --client-id or --identity-resource-id for its own',
      load: async () => (await import('./modes/managed-identity.ts')).signInManagedIdentity,
    },
  ],
  [
    'azurecli',
    {
      ...PLATFORM,
      summary: 'whoever has signed in with `az login`',
      load: async () => (await import('./modes/azure-cli.ts')).signInWithAzureCli,
    },
  ],
  [
    'azurepipelines',
    {
      ...APPLICATION,
      requireProof: pipelineProof,
      summary: 'a job of Azure Pipelines, with a service connection of workload identity federation',
      load: async () => (await import('./modes/azure-pipelines.ts')).signInPipelineJob,
    },
  ],
]);

export const LOGIN_MODE_NAMES: readonly string[] = [...LOGIN_MODES.keys()];

/** Ways of kubelogin that are left out on purpose: whoever asks for one is told why. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  [
    'ropc',
    'It hands a password to a program, cannot do MFA, and Microsoft has deprecated it: use interactive',
  ],
  ['azd', 'Use azurecli, or spn with the credentials that azd was given'],
]);

/**
 * @param source where the name was given
 * @throws CliError CC_ERR_CLI_USAGE that lists the modes there are
 */
export function loginMode(name: string, source = '--login'): LoginMode {
  const mode = LOGIN_MODES.get(name);
  if (mode !== undefined) return mode;
  throw usageError(
    `${source} ${JSON.stringify(name.slice(0, 50))} is not a way to sign in that this version knows`,
    LEFT_OUT.get(name) ?? `Use one of: ${LOGIN_MODE_NAMES.join(', ')}`,
  );
}

export function loginModesHelp(): string {
  const lines = [...LOGIN_MODES].map(([name, mode]) => `  ${name.padEnd(18)}${mode.summary}`);
  return `Ways to sign in (--login):
${lines.join('\n')}
Left out, it is guessed from the environment, and standard error says what was guessed when a sign-in is made.
There is no ropc (user name and password): no second factor, a password in a variable, and deprecated by Microsoft.`;
}
