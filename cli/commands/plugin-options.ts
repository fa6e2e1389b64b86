// How the kubeconfig of get-credentials signs in: which plugin kubectl starts, and what it is told.
import { isAbsolute } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { usageError } from '../cli-error.ts';
import { parseGuid } from '../config/parse-text.ts';
import { PROGRAM_NAME, execCommand } from '../kubeconfig/exec-command.ts';
import type { ExecCommand } from '../kubeconfig/exec-command.ts';
import { PLUGIN_NAMES, kubeloginPlugin, ownPlugin } from '../kubeconfig/exec-plugin.ts';
import type { ExecPlugin, PluginName } from '../kubeconfig/exec-plugin.ts';
import { AZURE_NAMES } from '../token/azure-variables.ts';
import { guessLogin } from '../token/guess-login.ts';
import { loginMode } from '../token/login-modes.ts';
import { addModeOptions, modeArguments } from './mode-options.ts';
import { addSignInOptions, checkSignInOptions } from './sign-in-options.ts';
import type { SignInOptions } from './sign-in-options.ts';

export interface PluginOptions extends SignInOptions {
  readonly exec: PluginName;
  readonly execCommand?: string;
  readonly tokenCacheDir?: string;
  readonly pop?: boolean;
  readonly clusterId?: string;
}

const KUBELOGIN_DEFAULT = 'devicecode';

export function addPluginOptions(command: Command): Command {
  return addModeOptions(addSignInOptions(command))
    .addOption(
      new Option('--exec <plugin>', 'what kubectl gets its tokens from')
        .choices(PLUGIN_NAMES)
        .default(PROGRAM_NAME),
    )
    .option('--exec-command <path>', 'how kubectl starts it (default: found out)')
    .option('--pop', 'tokens with a proof of possession, for this cluster alone; needs --cluster-id')
    .option('--cluster-id <id>', "the cluster's id (cluster list shows it), for --pop")
    .option('--token-cache-dir <dir>', 'where its tokens are kept, for a second account of yours');
}

/** `elsewhere`: the kubeconfig is for a machine that is not this one, where nobody sits. @throws CliError */
export function execPlugin(options: PluginOptions, place: 'here' | 'elsewhere'): ExecPlugin {
  const checked = checkSignInOptions(options);
  if (checked.serverId === undefined && checked.scope === undefined) {
    throw usageError('the API that tokens are for is missing', 'Give --server-id or --scope');
  }
  if (place === 'elsewhere') checkElsewhere(options, effectiveLogin(options));
  else checkHere(checked, effectiveLogin(options));
  const signIn = {
    ...checked,
    tokenCacheDir: options.tokenCacheDir,
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

/** What is known of it by now. kubelogin guesses nothing; get-token does, where and when it runs. */
function effectiveLogin({ login, exec }: PluginOptions): string | undefined {
  return login ?? (exec === 'kubelogin' ? KUBELOGIN_DEFAULT : undefined);
}

// A service principal may bring its ids in variables of the environment when kubectl runs; a person will not.
function checkHere(signIn: SignInOptions, login: string | undefined): void {
  const mode = loginMode(login ?? guessLogin(process.env, AZURE_NAMES, {}).login);
  if (!mode.asksPerson || (signIn.tenant !== undefined && signIn.clientId !== undefined)) return;
  throw usageError(
    'it is not said who signs in where',
    'Give --tenant and --client-id, or with --login a way to sign in without a person',
  );
}

function checkElsewhere(options: PluginOptions, login: string | undefined): void {
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
    if (path === undefined || isAbsolute(path)) continue;
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
