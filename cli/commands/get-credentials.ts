// `cluster-connect get-credentials`: the kubeconfig of a cluster behind the gateway. It holds no secret: kubectl gets
// its token from get-token, each time it needs one (facts L2).
import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { CliError, usageError } from '../cli-error.ts';
import { isClusterName } from '../../http/index.ts';
import { isDnsName, parseHttpsOrigin } from '../config/parse-text.ts';
import { certificatesIn } from '../config/pem.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import { kubeconfigEntries } from '../kubeconfig/entries.ts';
import type { KubeconfigEntries, Route } from '../kubeconfig/entries.ts';
import { execCommand } from '../kubeconfig/exec-command.ts';
import { mergeKubeconfig, newKubeconfig } from '../kubeconfig/merge.ts';
import { kubeconfigPath, updateKubeconfig } from '../kubeconfig/write-kubeconfig.ts';
import { addSignInOptions, checkSignInOptions } from './sign-in-options.ts';
import type { SignInOptions } from './sign-in-options.ts';

const HELP = `
Routes to the cluster (--route):
  name   by TLS server name; every kubectl command works. Needs the gateway's CA (--ca), no DNS. The default.
  path   https://GATEWAY/clusters/NAME; \`kubectl get --raw\` and \`kubectl proxy\` do not work that way.
  host   https://NAME.HOSTDOMAIN, where the gateway's operator has a wildcard name and certificate.

The kubeconfig is --kubeconfig, else the first file of KUBECONFIG, else ~/.kube/config. Other entries stay as they are.

Examples:
  cluster-connect get-credentials --gateway https://relay.example.com --cluster factory-7 --ca gateway-ca.pem \\
    --tenant contoso.com --client-id 1111... --server-id 2222...
  cluster-connect get-credentials --gateway https://relay.example.com --cluster factory-7 --ca gateway-ca.pem \\
    --login spn --server-id 2222... -f -        (a pipeline: id and secret from AZURE_... variables at run time)

${EXIT_CODES_HELP}`;

const CONTEXT_NAME = /^[\w.@:/-]{1,253}$/;

interface GetCredentialsOptions extends SignInOptions {
  readonly gateway: string;
  readonly cluster: string;
  readonly ca?: string;
  readonly route: Route;
  readonly clusterDomain: string;
  readonly hostDomain?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly keepCurrentContext?: boolean;
  readonly overwrite?: boolean;
  readonly execCommand?: string;
  readonly tokenCacheDir?: string;
}

export function configureGetCredentials(command: Command): void {
  command
    .requiredOption('--gateway <url>', "the gateway's address, such as https://relay.example.com")
    .requiredOption('--cluster <name>', 'the cluster')
    .option('--ca <file>', "PEM of the gateway's CA (cluster add names it); without it the system's roots")
    .addOption(
      new Option('--route <route>', 'how requests name the cluster')
        .choices(['name', 'path', 'host'])
        .default('name'),
    )
    .option('--cluster-domain <domain>', "the gateway's clusterDomain", 'cluster-connect.internal')
    .option('--host-domain <domain>', "the gateway's hostDomain, for --route host")
    .option('-f, --kubeconfig <file>', 'the file to write, or - for standard output')
    .option('--context <name>', "name of the kubeconfig's entries (default: the cluster's)")
    .option('--keep-current-context', 'do not make the new context the current one')
    .option('--overwrite', 'replace other credentials of the same name')
    .option('--exec-command <path>', 'how kubectl starts this program (default: found out)')
    .option('--token-cache-dir <dir>', 'where its tokens are kept, for a second account of yours');
  addSignInOptions(command).addHelpText('after', HELP).action(getCredentials);
}

async function getCredentials(options: GetCredentialsOptions): Promise<void> {
  const entries = entriesOf(options);
  if (options.kubeconfig === '-') {
    process.stdout.write(newKubeconfig(entries));
    return;
  }
  const path = kubeconfigPath(options.kubeconfig, process.env);
  const setCurrent = options.keepCurrentContext !== true;
  const warning = await updateKubeconfig(path, (text) =>
    mergeKubeconfig(text, entries, { setCurrent, overwrite: options.overwrite === true, fileName: path }),
  );
  if (warning !== undefined) process.stderr.write(`cluster-connect: warning: ${warning}\n`);
  const next = setCurrent ? 'kubectl get pods' : `kubectl --context ${entries.name} get pods`;
  process.stdout.write(`Context ${entries.name} is in ${path}.\nNext: ${next}\n`);
}

function entriesOf(options: GetCredentialsOptions): KubeconfigEntries {
  const gatewayUrl = parseHttpsOrigin(options.gateway);
  if (gatewayUrl === undefined) {
    throw usageError(
      '--gateway is not an https address without a path',
      'Give it like https://relay.example.com',
    );
  }
  if (!isClusterName(options.cluster)) {
    throw usageError(
      '--cluster is not the name of a cluster',
      'See `cluster-connect cluster list` at the gateway',
    );
  }
  const context = options.context ?? options.cluster;
  if (!CONTEXT_NAME.test(context)) {
    throw usageError(
      '--context has characters that make trouble in a shell',
      'Use letters, digits and . _ - @ : /',
    );
  }
  const ca = readCa(options);
  const program = execCommand(options.execCommand, process.env);
  return kubeconfigEntries({
    gatewayUrl,
    clusterName: options.cluster,
    route: options.route,
    clusterDomain: domain('--cluster-domain', options.clusterDomain),
    ...(options.route === 'host' ? { hostDomain: hostDomain(options) } : {}),
    ...(ca === undefined ? {} : { ca }),
    context,
    exec: { command: program.command, args: [...program.args, 'get-token', ...signInArgs(options)] },
  });
}

function hostDomain(options: GetCredentialsOptions): string {
  if (options.hostDomain !== undefined) return domain('--host-domain', options.hostDomain);
  throw usageError('--route host needs the domain', "Give the gateway's hostDomain with --host-domain");
}

function domain(flag: string, text: string): string {
  if (isDnsName(text)) return text;
  throw usageError(`${flag} is not a DNS name in lower case`, 'Give it like clusters.example.com');
}

// No public CA signs a name under the cluster domain: without the gateway's CA no connection could ever succeed.
function readCa(options: GetCredentialsOptions): string | undefined {
  if (options.ca === undefined) {
    if (options.route !== 'name') return undefined;
    throw usageError(
      "--route name needs the gateway's CA",
      'Give the PEM file that `cluster-connect cluster add` names with --ca, or use --route path or host',
    );
  }
  const file = readBoundedFile(options.ca, FILE_LIMITS.pem);
  const certificates = 'text' in file ? certificatesIn(file.text) : undefined;
  if (certificates !== undefined) return certificates;
  throw new CliError(
    'CC_ERR_CLI_FILE_UNREADABLE',
    `--ca ${options.ca} ${'fault' in file ? describeFault(file) : 'holds no usable PEM certificate'}`,
    'Name the PEM file of the CA',
  );
}

function signInArgs(options: GetCredentialsOptions): string[] {
  const signIn = checkSignInOptions(options);
  if (signIn.serverId === undefined && signIn.scope === undefined) {
    throw usageError('the API that tokens are for is missing', 'Give --server-id or --scope');
  }
  // A service principal may bring its ids in AZURE_... variables when it runs; a person will not.
  if (signIn.login === 'devicecode' && (signIn.tenant === undefined || signIn.clientId === undefined)) {
    throw usageError('--login devicecode needs to know who signs in where', 'Give --tenant and --client-id');
  }
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ['--login', signIn.login],
    ['--tenant', signIn.tenant],
    ['--client-id', signIn.clientId],
    ['--server-id', signIn.serverId],
    ['--scope', signIn.scope],
    ['--authority-host', signIn.authorityHost],
    ['--authority-ca', signIn.authorityCa === undefined ? undefined : resolve(signIn.authorityCa)],
    ['--token-cache-dir', options.tokenCacheDir === undefined ? undefined : resolve(options.tokenCacheDir)],
  ];
  return pairs.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
}
