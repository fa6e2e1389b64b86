// What kubectl starts for a token: this program, or Azure's kubelogin. Their flags are akin, not the same.
import { win32 } from 'node:path';
import { usageError } from '../cli-error.ts';
import type { ExecCommand } from './exec-command.ts';

export const PLUGIN_NAMES = ['cluster-connect', 'kubelogin'] as const;
export type PluginName = (typeof PLUGIN_NAMES)[number];

/**
 * Checked options; what is missing is left to the environment that the plugin will run in. Paths are whole: kubectl is
 * called from any directory.
 */
export interface PluginSignIn {
  readonly login?: string | undefined;
  readonly tenant?: string | undefined;
  readonly clientId?: string | undefined;
  readonly serverId?: string | undefined;
  readonly scope?: string | undefined;
  readonly authorityHost?: string | undefined;
  readonly authorityCa?: string | undefined;
  readonly tokenCacheDir?: string | undefined;
  /** Flags of one way to sign in, which both plugins spell alike. */
  readonly modeArgs?: readonly string[];
  /** Asks for tokens with a proof of possession that only this cluster takes. */
  readonly proofFor?: string | undefined;
}

export interface ExecPlugin extends ExecCommand {
  /** kubectl shows it when it cannot start the command. */
  readonly installHint: string;
}

type Flag = readonly [name: string, value: string | undefined];

const DEFAULT_SCOPE = '/.default';
// kubelogin's own names (its pkg/internal/token/options.go); an older one knows no others.
const KUBELOGIN_ENVIRONMENTS: Readonly<Record<string, string>> = {
  'https://login.microsoftonline.com': 'AzurePublicCloud',
  'https://login.microsoftonline.us': 'AzureUSGovernmentCloud',
  'https://login.partner.microsoftonline.cn': 'AzureChinaCloud',
  'https://login.chinacloudapi.cn': 'AzureChinaCloud',
};
const KUBELOGIN_PUBLIC_HOST = 'https://login.microsoftonline.com';
// In every other mode kubelogin leaves the flag aside without a word, and brings a plain token.
const KUBELOGIN_PROOF_MODES: readonly string[] = ['interactive', 'spn'];

export function ownPlugin(program: ExecCommand, signIn: PluginSignIn): ExecPlugin {
  return {
    command: program.command,
    args: [
      ...program.args,
      'get-token',
      ...given([
        ['--login', signIn.login],
        ['--tenant', signIn.tenant],
        ['--client-id', signIn.clientId],
        ['--server-id', signIn.serverId],
        ['--scope', signIn.scope],
        ['--authority-host', signIn.authorityHost],
        ['--authority-ca', signIn.authorityCa],
        ['--token-cache-dir', signIn.tokenCacheDir],
      ]),
      ...(signIn.modeArgs ?? []),
      ...proofArgs(signIn),
    ],
    installHint: hint('cluster-connect'),
  };
}

/** @throws CliError CC_ERR_CLI_USAGE for what kubelogin cannot do, or would not do without saying so */
export function kubeloginPlugin(command: string, signIn: PluginSignIn): ExecPlugin {
  const host = signIn.authorityHost ?? KUBELOGIN_PUBLIC_HOST;
  const environment = KUBELOGIN_ENVIRONMENTS[host];
  refuseForKubelogin(signIn);
  return {
    command,
    args: [
      'get-token',
      ...given([
        ['--login', signIn.login],
        ['--server-id', kubeloginServer(signIn)],
        ['--client-id', signIn.clientId],
        ['--tenant-id', signIn.tenant],
        ['--environment', environment],
        // It takes a host only with the slash.
        ['--authority-host', environment === undefined ? `${host}/` : undefined],
        ['--cache-dir', signIn.tokenCacheDir],
      ]),
      // Asked about a host that is none of Microsoft's clouds, Entra's own discovery would refuse it.
      ...(environment === undefined ? ['--disable-instance-discovery'] : []),
      ...(signIn.modeArgs ?? []),
      ...proofArgs(signIn),
    ],
    installHint: hint('kubelogin'),
  };
}

function kubeloginServer({ serverId, scope }: PluginSignIn): string | undefined {
  if (serverId !== undefined || scope === undefined) return serverId;
  if (scope.endsWith(DEFAULT_SCOPE)) return scope.slice(0, -DEFAULT_SCOPE.length);
  throw usageError(
    'kubelogin asks for the scope <server id>/.default only',
    'Give --server-id instead of --scope',
  );
}

function refuseForKubelogin({ authorityCa, proofFor, login }: PluginSignIn): void {
  if (authorityCa !== undefined) {
    throw usageError(
      'kubelogin has no option for an extra CA of the authority',
      'Leave --authority-ca out; kubelogin trusts the roots of its machine, on Linux also SSL_CERT_FILE',
    );
  }
  if (proofFor !== undefined && (login === undefined || !KUBELOGIN_PROOF_MODES.includes(login))) {
    throw usageError(
      `kubelogin makes no proof of possession ${login === undefined ? 'by device code, its default' : `with --login ${login}`}`,
      `Give --login ${KUBELOGIN_PROOF_MODES.join(' or ')}, or leave --exec kubelogin or --pop out`,
    );
  }
}

function proofArgs({ proofFor }: PluginSignIn): string[] {
  return proofFor === undefined ? [] : ['--pop-enabled', '--pop-claims', `u=${proofFor}`];
}

function given(flags: readonly Flag[]): string[] {
  return flags.flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

function hint(program: PluginName): string {
  return `${program} is not installed or not on PATH.
Install it, or write this kubeconfig again with get-credentials, then run your command again.`;
}

/** Whether the exec of a user entry is one of these two: by its command, or by the hint that only we write. */
export function isKnownPlugin(exec: {
  readonly command: unknown;
  readonly args: readonly unknown[];
  readonly installHint: unknown;
}): boolean {
  const { command, args, installHint } = exec;
  if (PLUGIN_NAMES.some((name) => installHint === hint(name))) return true;
  const program = programName(command);
  if (PLUGIN_NAMES.some((name) => program === name)) return args[0] === 'get-token';
  // The files themselves, where the program is not installed: node PATH get-token.
  return program === 'node' && OWN_FILE.test(String(args[0])) && args[1] === 'get-token';
}

const OWN_FILE = /[\\/](?:cluster-connect|cli[\\/]main\.[jt]s)$/;

/** Of a path of either kind of machine. */
function programName(command: unknown): string {
  return typeof command === 'string' ? win32.basename(command, win32.extname(command)) : '';
}
