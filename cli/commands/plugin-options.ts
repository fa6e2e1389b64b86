// How the kubeconfig of get-credentials signs in: which plugin kubectl starts, and what it is told.
import { posix, resolve, win32 } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { usageError } from '../cli-error.ts';
import { parseGuid } from '../config/parse-text.ts';
import { PROGRAM_NAME, execCommand } from '../kubeconfig/exec-command.ts';
import type { ExecCommand } from '../kubeconfig/exec-command.ts';
import { PLUGIN_NAMES, kubeloginPlugin, ownPlugin } from '../kubeconfig/exec-plugin.ts';
import type { ExecPlugin, PluginName } from '../kubeconfig/exec-plugin.ts';
import { loginMode } from '../token/login-modes.ts';
import { effectiveSignIn } from './effective-sign-in.ts';
import { addModeOptions, modeArguments } from './mode-options.ts';
import type { WholePath } from './mode-options.ts';
import { addSignInOptions, checkSignInOptions } from './sign-in-options.ts';
import type { SignInOptions } from './sign-in-options.ts';

export interface PluginOptions extends SignInOptions {
  readonly exec?: PluginName;
  readonly execCommand?: string;
  readonly tokenCacheDir?: string;
  readonly pop?: boolean;
  readonly clusterId?: string;
}

const KUBELOGIN_DEFAULT = 'devicecode';

export function addPluginOptions(command: Command): Command {
  return addModeOptions(addSignInOptions(command))
    .addOption(
      new Option('--exec <plugin>', `what kubectl gets its tokens from (default: ${PROGRAM_NAME})`).choices(
        PLUGIN_NAMES,
      ),
    )
    .option('--exec-command <path>', 'how kubectl starts it (default: found out)')
    .option('--pop', 'tokens with a proof of possession, for this cluster alone; needs --cluster-id')
    .option('--cluster-id <id>', "the cluster's id (cluster list shows it), for --pop")
    .option('--token-cache-dir <dir>', 'where its tokens are kept, for a second account of yours');
}

/** `elsewhere`: the kubeconfig is for a machine that is not this one, where nobody sits. @throws CliError */
export function execPlugin(options: PluginOptions, place: 'here' | 'elsewhere'): ExecPlugin {
  // A path for another machine is whole there, and stays as it is: this one may have another root.
  const wholePath: WholePath = place === 'here' ? resolve : (path) => path;
  const checked = checkSignInOptions(options, wholePath);
  if (checked.serverId === undefined && checked.scope === undefined) {
    throw usageError('the API that tokens are for is missing', 'Give --server-id or --scope');
  }
  if (place === 'elsewhere') checkElsewhere(options);
  else checkHere(checked, options.exec);
  const signIn = {
    ...checked,
    authorityCa: checked.authorityCa === undefined ? undefined : wholePath(checked.authorityCa),
    tokenCacheDir: options.tokenCacheDir === undefined ? undefined : wholePath(options.tokenCacheDir),
    modeArgs: modeArguments(checked),
    proofFor: proofFor(options),
  };
  if (options.exec === 'kubelogin') return kubeloginPlugin(options.execCommand ?? 'kubelogin', signIn);
  return ownPlugin(ownProgram(options.execCommand, place), signIn);
}

function ownProgram(told: string | undefined, place: 'here' | 'elsewhere'): ExecCommand {
  if (place === 'here' || told !== undefined) return execCommand(told, process.env);
  return { command: PROGRAM_NAME, args: [] };
}

// A service principal may bring its ids in variables of the environment when kubectl runs; a person will not.
function checkHere(signIn: SignInOptions, exec: PluginName | undefined): void {
  if (signIn.tenant !== undefined && signIn.clientId !== undefined) return;
  // get-token will look at the same flags and at an environment like this one. kubelogin guesses nothing.
  const { login, loginFrom } = effectiveSignIn(
    exec === 'kubelogin' ? { login: KUBELOGIN_DEFAULT, ...signIn } : signIn,
    process.env,
  );
  if (!loginMode(login, loginFrom).asksPerson) return;
  throw usageError(
    'it is not said who signs in where',
    'Give --tenant and --client-id, or with --login a way to sign in without a person',
  );
}

function checkElsewhere(options: PluginOptions): void {
  const login = options.login ?? (options.exec === 'kubelogin' ? KUBELOGIN_DEFAULT : undefined);
  if (login !== undefined && loginMode(login).asksPerson) {
    throw usageError(
      `nobody sits at a pipeline's agent to sign in with ${login}`,
      'Give --login azurepipelines',
    );
  }
  for (const [flag, path] of [
    ['--authority-ca', options.authorityCa],
    ['--token-cache-dir', options.tokenCacheDir],
    ['--client-certificate', options.clientCertificate],
    ['--federated-token-file', options.federatedTokenFile],
  ] as const) {
    if (path === undefined || posix.isAbsolute(path) || win32.isAbsolute(path)) continue;
    throw usageError(
      `${flag} is a relative path, and the agent is another machine`,
      'Give the whole path there',
    );
  }
}

function proofFor({ pop = false, clusterId, login }: PluginOptions): string | undefined {
  if (!pop && clusterId === undefined) return undefined;
  if (!pop || clusterId === undefined) {
    throw usageError('--pop and --cluster-id belong together', 'Give both, or neither');
  }
  if (login !== undefined && !loginMode(login).canBind) {
    throw usageError(
      `--login ${login} cannot bind a token to a key, which --pop asks for`,
      'Leave --pop out, or use another way to sign in',
    );
  }
  const id = parseGuid(clusterId);
  if (id !== undefined) return id;
  throw usageError('--cluster-id is not a GUID', 'See `cluster-connect cluster list` at the gateway');
}
