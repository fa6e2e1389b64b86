// `cluster-connect get-token`: kubectl's exec plugin. Standard output carries the answer to kubectl and nothing else.
import type { Command } from 'commander';
import { CliError, usageError } from '../cli-error.ts';
import { certificatesIn } from '../config/pem.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import { acquireToken } from '../token/acquire-token.ts';
import { execApiVersion, execCredential } from '../token/exec-credential.ts';
import { loginModesHelp } from '../token/login-modes.ts';
import { DEFAULT_AUTHORITY_HOST } from '../token/sign-in-request.ts';
import { tokenCacheDirectory } from '../token/token-cache.ts';
import { addSignInOptions, checkSignInOptions } from './sign-in-options.ts';
import type { SignInOptions } from './sign-in-options.ts';

const HELP = `
${loginModesHelp()}

kubectl runs this by itself, by the kubeconfig that get-credentials wrote. A token is kept in a file that only you can
read until shortly before it expires: in CLUSTER_CONNECT_CACHE_DIR, else KUBECACHEDIR/cluster-connect, else
~/.kube/cache/cluster-connect. Delete that directory to sign out.

Examples:
  cluster-connect get-token --tenant contoso.com --client-id 1111... --server-id 2222...
  AZURE_CLIENT_SECRET=... cluster-connect get-token --login spn --tenant 3333... --client-id 4444... --server-id 2222...

${EXIT_CODES_HELP}`;

interface GetTokenOptions extends SignInOptions {
  readonly tokenCacheDir?: string;
  readonly refresh?: boolean;
}

export function configureGetToken(command: Command): void {
  addSignInOptions(command)
    .option('--token-cache-dir <dir>', 'where tokens are kept')
    .option('--refresh', 'sign in even if a token is kept')
    .addHelpText('after', HELP)
    .action(async (options: GetTokenOptions) => {
      process.stdout.write(await getToken(options, process.env));
    });
}

async function getToken(options: GetTokenOptions, environment: NodeJS.ProcessEnv): Promise<string> {
  const apiVersion = execApiVersion(environment['KUBERNETES_EXEC_INFO']);
  const signIn = checkSignInOptions(withEnvironment(options, environment));
  const token = await acquireToken(
    {
      authorityHost: signIn.authorityHost ?? DEFAULT_AUTHORITY_HOST,
      tenant: required(signIn.tenant, 'the tenant', '--tenant or AZURE_TENANT_ID'),
      clientId: required(signIn.clientId, 'the client id', '--client-id or AZURE_CLIENT_ID'),
      scope: signIn.scope ?? `${required(signIn.serverId, 'the API', '--server-id or --scope')}/.default`,
      environment,
      prompt,
    },
    {
      mode: signIn.login,
      cacheDirectory: tokenCacheDirectory(options.tokenCacheDir, environment),
      refresh: options.refresh === true,
      authorityCa: () => (signIn.authorityCa === undefined ? undefined : readAuthorityCa(signIn.authorityCa)),
    },
  );
  return execCredential(apiVersion, token);
}

// Azure's tools agree on these names; a flag wins, since it is what the kubeconfig says.
function withEnvironment(options: GetTokenOptions, environment: NodeJS.ProcessEnv): SignInOptions {
  const tenant = options.tenant ?? set(environment['AZURE_TENANT_ID']);
  const clientId =
    options.clientId ??
    set(environment['AZURE_CLIENT_ID']) ??
    set(environment['AAD_SERVICE_PRINCIPAL_CLIENT_ID']);
  const authorityHost = options.authorityHost ?? set(environment['AZURE_AUTHORITY_HOST']);
  return {
    ...options,
    ...(tenant === undefined ? {} : { tenant }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(authorityHost === undefined ? {} : { authorityHost }),
  };
}

function set(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function required(value: string | undefined, what: string, names: string): string {
  if (value !== undefined) return value;
  throw usageError(`${what} is missing`, `Give ${names}`);
}

function readAuthorityCa(file: string): string {
  const found = readBoundedFile(file, FILE_LIMITS.pem);
  const certificates = 'text' in found ? certificatesIn(found.text) : undefined;
  if (certificates !== undefined) return certificates;
  throw new CliError(
    'CC_ERR_CLI_FILE_UNREADABLE',
    `--authority-ca ${file} ${'fault' in found ? describeFault(found) : 'holds no usable PEM certificate'}`,
    'Name the PEM file of the CA',
  );
}

// What a server sent is shown to a person: no escape sequence of its own reaches the terminal.
function prompt(line: string): void {
  process.stderr.write(`${line.replace(/\p{Cc}/gu, '?')}\n`);
}
