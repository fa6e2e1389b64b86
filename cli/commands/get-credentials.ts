// `cluster-connect get-credentials`: the kubeconfig of a cluster behind the gateway. It holds no secret: kubectl gets
// its token from get-token, each time it needs one (facts L2). Or what a pipeline's service connection wants instead.
import { Option } from 'commander';
import type { Command } from 'commander';
import { usageError } from '../cli-error.ts';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { kubeconfigEntries } from '../kubeconfig/entries.ts';
import type { KubeconfigEntries, Route } from '../kubeconfig/entries.ts';
import { mergeKubeconfig, newKubeconfig } from '../kubeconfig/merge.ts';
import { kubeconfigPath, updateKubeconfig } from '../kubeconfig/write-kubeconfig.ts';
import { clusterAddress, contextName } from './cluster-options.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { addPluginOptions, execPlugin } from './plugin-options.ts';
import type { PluginOptions } from './plugin-options.ts';
import { printServiceConnection } from './service-connection-options.ts';
import type { ServiceConnectionOptions } from './service-connection-options.ts';

const HELP = `
Routes to the cluster (--route):
  name   by TLS server name; every kubectl command works. Needs the gateway's CA (--ca), no DNS. The default.
  path   https://GATEWAY/clusters/NAME; \`kubectl get --raw\` and \`kubectl proxy\` do not work that way.
  host   https://NAME.HOSTDOMAIN, where the gateway's operator has a wildcard name and certificate.

The kubeconfig is --kubeconfig, else the first file of KUBECONFIG, else ~/.kube/config. Other entries stay as they are.

--format azure-pipelines prints what the form of a Kubernetes service connection wants, and says on standard error which
field each thing goes into. With --token-file it is for the method "Service account": the first line is the Server URL,
the rest is the Secret. Without, it is for the method "Kubeconfig". docs/azure-pipelines.md says which to choose.

Examples:
  cluster-connect get-credentials --gateway https://relay.example.com --cluster factory-7 --ca gateway-ca.pem \\
    --tenant contoso.com --client-id 1111... --server-id 2222...
  cluster-connect get-credentials --gateway https://relay.example.com --cluster factory-7 --ca gateway-ca.pem \\
    --login spn --server-id 2222... -f -        (a pipeline: id and secret from AZURE_... variables at run time)
  cluster-connect get-credentials --gateway https://relay.example.com --cluster factory-7 --ca gateway-ca.pem \\
    --exec kubelogin --login interactive --tenant contoso.com --client-id 1111... --server-id 2222...
  kubectl create token deployer -n shop --duration 2160h | cluster-connect get-credentials --format azure-pipelines \\
    --gateway https://relay.example.com --cluster factory-7 --ca gateway-ca.pem --token-file -

${EXIT_CODES_HELP}`;

interface GetCredentialsOptions extends ClusterOptions, PluginOptions, ServiceConnectionOptions {
  readonly route?: Route;
  readonly format: 'kubeconfig' | 'azure-pipelines';
  readonly kubeconfig?: string;
}

export function configureGetCredentials(command: Command): void {
  command
    .requiredOption('--gateway <url>', "the gateway's address, such as https://relay.example.com")
    .requiredOption('--cluster <name>', 'the cluster')
    .option('--ca <file>', "PEM of the gateway's CA (cluster add names it); without it the system's roots")
    .addOption(
      new Option('--route <route>', 'how requests name the cluster (default: name)').choices([
        'name',
        'path',
        'host',
      ]),
    )
    .option('--cluster-domain <domain>', "the gateway's clusterDomain", 'cluster-connect.internal')
    .option('--host-domain <domain>', "the gateway's hostDomain, for --route host")
    .addOption(
      new Option('--format <format>', 'a kubeconfig, or what a service connection wants')
        .choices(['kubeconfig', 'azure-pipelines'])
        .default('kubeconfig'),
    )
    .option(
      '--token-file <file>',
      'a ServiceAccount token for --format azure-pipelines, or - for standard input',
    )
    .option('-f, --kubeconfig <file>', 'the file to write, or - for standard output')
    .option('--context <name>', "name of the kubeconfig's entries (default: the cluster's)")
    .option('--keep-current-context', 'do not make the new context the current one')
    .option('--overwrite', 'replace other entries of the same name');
  addPluginOptions(command).addHelpText('after', HELP).action(getCredentials);
}

async function getCredentials(options: GetCredentialsOptions): Promise<void> {
  if (options.format === 'azure-pipelines') {
    await printServiceConnection(options, options.kubeconfig);
    return;
  }
  if (options.tokenFile !== undefined) {
    throw usageError(
      '--token-file is only for --format azure-pipelines',
      'A kubeconfig gets its tokens from get-token when kubectl runs',
    );
  }
  const entries = kubeconfigEntries({
    ...clusterAddress(options, options.route ?? 'name'),
    context: contextName(options),
    exec: execPlugin(options, 'here'),
    interactiveMode: 'IfAvailable',
  });
  if (options.kubeconfig === '-') process.stdout.write(newKubeconfig(entries));
  else await writeEntries(entries, options);
}

async function writeEntries(entries: KubeconfigEntries, options: GetCredentialsOptions): Promise<void> {
  const path = kubeconfigPath(options.kubeconfig, process.env);
  const setCurrent = options.keepCurrentContext !== true;
  const warning = await updateKubeconfig(path, (text) =>
    mergeKubeconfig(text, entries, { setCurrent, overwrite: options.overwrite === true, fileName: path }),
  );
  if (warning !== undefined) process.stderr.write(`cluster-connect: warning: ${warning}\n`);
  const next = setCurrent ? 'kubectl get pods' : `kubectl --context ${entries.name} get pods`;
  process.stdout.write(`Context ${entries.name} is in ${path}.\nNext: ${next}\n`);
}
