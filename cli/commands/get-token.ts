// `cluster-connect get-token`: kubectl's exec plugin. Standard output carries the answer to kubectl and nothing else.
import type { Command } from 'commander';
import { CliError, usageError } from '../cli-error.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { readCertificates } from '../kubeconfig/read-certificates.ts';
import { acquireToken } from '../token/acquire-token.ts';
import type { AcquireRequest } from '../token/acquire-token.ts';
import { execApiVersion, execCredential } from '../token/exec-credential.ts';
import { VARIABLES_HELP } from '../token/azure-variables.ts';
import { tokenCacheDirectory } from '../token/cache-directory.ts';
import { loginMode, loginModesHelp } from '../token/login-modes.ts';
import { parsePopClaims } from '../token/pop/pop-claims.ts';
import type { PopClaims } from '../token/pop/pop-claims.ts';
import { DEFAULT_AUTHORITY_HOST } from '../token/sign-in-request.ts';
import { effectiveSignIn } from './effective-sign-in.ts';
import type { EffectiveSignIn } from './effective-sign-in.ts';
import { addModeOptions } from './mode-options.ts';
import { addSignInOptions, checkSignInOptions } from './sign-in-options.ts';
import type { SignInOptions } from './sign-in-options.ts';

const HELP = `
${loginModesHelp()}

${VARIABLES_HELP}

kubectl runs this by itself, by the kubeconfig that get-credentials wrote. A token is kept in a file that only you can
read until shortly before it expires: in CLUSTER_CONNECT_CACHE_DIR, else in cluster-connect in the first of these:
AGENT_TEMPDIRECTORY, RUNNER_TEMP (both of a job), KUBECACHEDIR, ~/.kube/cache. Delete that directory to sign out; with
--login interactive, --refresh lets you choose another account. With --pop-enabled the key is kept there too, and each
call signs anew.

Examples:
  cluster-connect get-token --tenant contoso.com --client-id 1111... --server-id 2222...
  AZURE_CLIENT_SECRET=... cluster-connect get-token --login spn --tenant 3333... --client-id 4444... --server-id 2222...
  cluster-connect get-token --login azurepipelines --azure-pipelines-service-connection-id 5555... --server-id 2222...

${EXIT_CODES_HELP}`;

interface GetTokenOptions extends SignInOptions {
  readonly tokenCacheDir?: string;
  readonly refresh?: boolean;
  readonly popEnabled?: boolean;
  readonly popClaims?: string;
}

export function configureGetToken(command: Command): void {
  addModeOptions(addSignInOptions(command))
    .option('--pop-enabled', 'a token that only this machine can use, at one cluster: needs --pop-claims')
    .option('--pop-claims <claims>', "u=<the cluster's id>, which cluster list shows at the gateway")
    .option('--token-cache-dir <dir>', 'where tokens are kept')
    .option('--refresh', 'sign in even if a token is kept')
    .addHelpText('after', HELP)
    .action(async (options: GetTokenOptions) => {
      process.stdout.write(await getToken(options, process.env));
    });
}

async function getToken(options: GetTokenOptions, environment: NodeJS.ProcessEnv): Promise<string> {
  const apiVersion = execApiVersion(environment['KUBERNETES_EXEC_INFO']);
  const given = checkSignInOptions(options);
  const signIn = effectiveSignIn(given, environment);
  const announce = once(() => signIn.notice !== undefined && prompt(signIn.notice));
  try {
    const token = await acquireToken(requestOf(given, signIn, environment), {
      mode: signIn.login,
      cacheDirectory: tokenCacheDirectory(options.tokenCacheDir, environment),
      refresh: options.refresh === true,
      ...proofOf(options),
      announce,
      authorityCa: () => (given.authorityCa === undefined ? undefined : readAuthorityCa(given.authorityCa)),
    });
    return execCredential(apiVersion, token);
  } catch (error) {
    // What is missing is missing for the way that was guessed: whoever reads the error has to know which.
    announce();
    throw error;
  }
}

function requestOf(
  given: SignInOptions,
  signIn: EffectiveSignIn,
  environment: NodeJS.ProcessEnv,
): AcquireRequest {
  const mode = loginMode(signIn.login, signIn.loginFrom);
  const need = (name: 'tenant' | 'clientId', what: string, flag: string): string =>
    mode.needs.includes(name)
      ? required(signIn[name], what, `${flag} or ${signIn.variableNames[name][0] ?? ''}`)
      : (signIn[name] ?? '');
  return {
    authorityHost: signIn.authorityHost ?? DEFAULT_AUTHORITY_HOST,
    tenant: need('tenant', 'the tenant', '--tenant'),
    clientId: need('clientId', 'the client id', '--client-id'),
    scope: given.scope ?? `${required(given.serverId, 'the API', '--server-id or --scope')}/.default`,
    environment,
    variableNames: signIn.variableNames,
    ...signIn.settings,
    prompt,
  };
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

function proofOf({ popEnabled = false, popClaims }: GetTokenOptions): { proof?: PopClaims } {
  if (popEnabled !== (popClaims !== undefined)) {
    throw usageError('--pop-enabled and --pop-claims belong together', 'Give both, or neither');
  }
  return popClaims === undefined ? {} : { proof: parsePopClaims(popClaims) };
}

function required(value: string | undefined, what: string, names: string): string {
  if (value !== undefined) return value;
  throw usageError(`${what} is missing`, `Give ${names}`);
}

function readAuthorityCa(file: string): string {
  const certificates = readCertificates(file);
  if ('pem' in certificates) return certificates.pem;
  throw new CliError(
    'CC_ERR_CLI_FILE_UNREADABLE',
    `--authority-ca ${file} ${certificates.fault}`,
    'Name the PEM file of the CA',
  );
}

// What a server sent is shown to a person: no escape sequence of its own reaches the terminal.
function prompt(line: string): void {
  process.stderr.write(`${line.replace(/\p{Cc}/gu, '?')}\n`);
}
