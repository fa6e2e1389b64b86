// get-credentials --format azure-pipelines: what an Azure Pipelines service connection of the type Kubernetes is made
// of, printed for its form. Nothing is written to a file.
import { Command } from 'commander';
import { CliError, usageError } from '../cli-error.ts';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import { readBoundedStream } from '../files/read-stream.ts';
import { checkCertificate } from '../kubeconfig/certificate-check.ts';
import { kubeconfigEntries, serverUrl, tlsServerName } from '../kubeconfig/entries.ts';
import type { ClusterAddress, Route } from '../kubeconfig/entries.ts';
import { newKubeconfig } from '../kubeconfig/merge.ts';
import { parseServiceAccountToken } from '../kubeconfig/service-account-token.ts';
import {
  kubeconfigForm,
  serviceAccountForm,
  withCertificateFinding,
  writeForm,
} from '../kubeconfig/service-connection.ts';
import type { ServiceConnectionForm } from '../kubeconfig/service-connection.ts';
import { clusterAddress, contextName } from './cluster-options.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { addPluginOptions, execPlugin } from './plugin-options.ts';
import type { PluginOptions } from './plugin-options.ts';

export interface ServiceConnectionOptions {
  readonly route?: Route;
  /** Chooses the method "Service account". Never the token itself: a command line can be read by others. */
  readonly tokenFile?: string;
  readonly keepCurrentContext?: boolean;
  readonly overwrite?: boolean;
}

type Options = ClusterOptions & PluginOptions & ServiceConnectionOptions;

const STDIN = '-';
/** About the file that is not written. */
const FILE_FLAGS = [
  ['keepCurrentContext', '--keep-current-context'],
  ['overwrite', '--overwrite'],
] as const;

/** @throws CliError */
export async function printServiceConnection(
  options: Options,
  kubeconfig: string | undefined,
): Promise<void> {
  if (kubeconfig !== undefined && kubeconfig !== STDIN) {
    throw usageError(
      '--format azure-pipelines writes no file',
      'Leave --kubeconfig out, and copy what is printed',
    );
  }
  const pointless = FILE_FLAGS.find(([name]) => options[name] === true);
  if (pointless !== undefined) {
    throw usageError(`--format azure-pipelines writes no file for ${pointless[1]}`, 'Leave it out');
  }
  const { tokenFile } = options;
  const form =
    tokenFile === undefined
      ? await formWithPlugin(options)
      : await formWithToken(options, tokenFile, Date.now());
  writeForm(form, {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
  });
}

async function formWithPlugin(options: Options): Promise<ServiceConnectionForm> {
  const exec = execPlugin(options, 'elsewhere');
  const address = clusterAddress(options, options.route ?? 'name');
  const entries = kubeconfigEntries({
    ...address,
    context: contextName(options),
    exec,
    interactiveMode: 'Never',
  });
  return withCheckedCa(kubeconfigForm(newKubeconfig(entries), exec.command), address);
}

async function formWithToken(
  options: Options,
  tokenFile: string,
  nowMs: number,
): Promise<ServiceConnectionForm> {
  const unused = signInFlags().find(({ name }) => Object.hasOwn(options, name));
  if (unused !== undefined) {
    throw usageError(
      `${unused.flag} is for signing in, and --token-file brings the identity`,
      'Leave one of them out',
    );
  }
  if (options.context !== undefined) {
    throw usageError('--context names entries of a kubeconfig, and --token-file makes none', 'Leave it out');
  }
  if (options.route === 'name') {
    throw usageError(
      '--route name does not work with a ServiceAccount connection, which has no TLS server name',
      'Leave --route out (path), or use --route host',
    );
  }
  const address = clusterAddress(options, options.route ?? 'path');
  if (address.ca === undefined) {
    throw usageError(
      'the Secret of a ServiceAccount connection holds a CA, and --ca is missing',
      "Give the PEM file of the CA that signs what the gateway's host shows",
    );
  }
  const token = parseServiceAccountToken(await readToken(tokenFile), nowMs);
  const form = serviceAccountForm({ serverUrl: serverUrl(address), caPem: address.ca, token }, nowMs);
  return withCheckedCa(form, address);
}

/** All of them, as they are declared: one that is added later is not left aside in silence. */
function signInFlags(): { name: string; flag: string }[] {
  return addPluginOptions(new Command()).options.map((option) => ({
    name: option.attributeName(),
    flag: option.long ?? option.flags,
  }));
}

// Without --ca the agent's own roots count, which are not there to be looked at.
async function withCheckedCa(
  form: ServiceConnectionForm,
  address: ClusterAddress,
): Promise<ServiceConnectionForm> {
  if (address.ca === undefined) return form;
  const url = serverUrl(address);
  const finding = await checkCertificate({ url, caPem: address.ca, serverName: tlsServerName(address) });
  return withCertificateFinding(form, new URL(url).host, finding);
}

async function readToken(tokenFile: string): Promise<string> {
  const file =
    tokenFile === STDIN
      ? await readBoundedStream(process.stdin, FILE_LIMITS.secret)
      : readBoundedFile(tokenFile, FILE_LIMITS.secret);
  if ('text' in file) return file.text;
  throw new CliError(
    'CC_ERR_CLI_FILE_UNREADABLE',
    `--token-file ${tokenFile} ${describeFault(file)}`,
    'Name a file with the token and nothing else',
  );
}
