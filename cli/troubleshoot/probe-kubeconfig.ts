// Hop "kubeconfig": which context kubectl would use, whether its entries are there, and what they lead to.
import { certificatesOf, readCertificates } from '../kubeconfig/read-certificates.ts';
import { textOf } from './entry.ts';
import { findCommand } from './find-command.ts';
import { failed, ok } from './hops.ts';
import type { Facts, Failed, Outcome } from './hops.ts';
import { loadKubeconfig } from './kubeconfig-files.ts';
import type { MergedKubeconfig, NamedEntry } from './kubeconfig-files.ts';
import { resolvePath } from './kubeconfig-path.ts';
import { actAsHeaders, pluginFault, readCredential } from './kubeconfig-user.ts';
import type { Credential, Route } from './route.ts';

export interface KubeconfigInput {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function probeKubeconfig(input: KubeconfigInput): Outcome<Route> {
  const config = loadKubeconfig(input.kubeconfig, input.environment);
  if ('state' in config) return config;
  const name = input.context ?? config.currentContext;
  const chosen = chooseEntries(config, name);
  if ('state' in chosen) return chosen;
  const { context, cluster, user } = chosen;
  const server = serverOf(textOf(cluster.entry, 'server'));
  if (server === undefined) {
    return failed('server-unusable', {
      message: `the server of context ${name} is not an https address`,
      advice:
        'kubectl sends no token to anything else. Write the entry again with `cluster-connect get-credentials`.',
    });
  }
  const ca = readCa(cluster);
  if (typeof ca === 'object') return ca;
  const credential = readCredential(user.entry, user.file, cluster.entry);
  const fault = credential.kind === 'exec' ? pluginFault(credential.plugin) : undefined;
  if (fault !== undefined) {
    return failed('user-invalid', {
      message: `the user of context ${name} cannot be used: ${fault}`,
      advice: 'Write the entry again with `cluster-connect get-credentials`.',
    });
  }
  const insecure = cluster.entry['insecure-skip-tls-verify'] === true;
  const serverName = textOf(cluster.entry, 'tls-server-name');
  const proxyUrl = textOf(cluster.entry, 'proxy-url');
  const contextNamespace = textOf(context.entry, 'namespace');
  const route: Route = {
    name,
    server,
    pathPrefix: server.pathname.replace(/\/+$/, ''),
    ...(serverName === '' ? {} : { serverName }),
    ...(ca === undefined ? {} : { ca }),
    ...(proxyUrl === '' ? {} : { proxyUrl }),
    insecure,
    namespace: input.namespace ?? (contextNamespace === '' ? 'default' : contextNamespace),
    actAs: actAsHeaders(user.entry),
    credential,
  };
  const found =
    credential.kind === 'exec' ? findCommand(credential.plugin.command, input.environment) : undefined;
  return ok(route, {
    message: `context ${name} of ${context.file}, server ${server.origin}, ${describeCredential(credential)}`,
    facts: {
      files: config.files,
      context: name,
      contextFile: context.file,
      cluster: textOf(context.entry, 'cluster'),
      user: textOf(context.entry, 'user'),
      server: server.href,
      tlsServerName: serverName,
      ownCa: ca !== undefined,
      namespace: route.namespace,
      credential: credential.kind,
      ...(credential.kind === 'exec'
        ? { command: credential.plugin.command, commandFound: found !== undefined }
        : {}),
    } satisfies Facts,
    notes: notesOf(config, insecure, route),
  });
}

function chooseEntries(
  config: MergedKubeconfig,
  name: string,
): { context: NamedEntry; cluster: NamedEntry; user: NamedEntry } | Failed {
  const names = [...config.contexts.keys()];
  const facts = { files: config.files, contexts: names };
  if (name === '') {
    return failed('no-context', {
      message: `${config.files.join(', ')} has no current context`,
      facts,
      advice: `Give --context NAME, or run: kubectl config use-context NAME. There are: ${names.join(', ') || 'none'}.`,
    });
  }
  const context = config.contexts.get(name);
  if (context === undefined) {
    return failed('context-unknown', {
      message: `there is no context ${name} in ${config.files.join(', ')}`,
      facts,
      advice: `Use one of: ${names.join(', ') || 'none'}; or write it with \`cluster-connect get-credentials\`.`,
    });
  }
  const missing = (kind: string): Failed =>
    failed('entry-missing', {
      message: `context ${name} names the ${kind} ${textOf(context.entry, kind) || '(none)'}, and no file has it`,
      facts,
      advice: 'Write the entries again with `cluster-connect get-credentials`.',
    });
  const cluster = config.clusters.get(textOf(context.entry, 'cluster'));
  if (cluster === undefined) return missing('cluster');
  const user = config.users.get(textOf(context.entry, 'user'));
  return user === undefined ? missing('user') : { context, cluster, user };
}

function serverOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'https:' && url.username === '' && url.search === '' ? url : undefined;
}

/** The PEM; undefined where there is none. `certificate-authority-data` wins, as with kubectl. */
function readCa({ entry, file }: NamedEntry): string | undefined | Failed {
  const data = textOf(entry, 'certificate-authority-data');
  const path = textOf(entry, 'certificate-authority');
  if (data === '' && path === '') return undefined;
  const from = data === '' ? resolvePath(path, file) : 'certificate-authority-data';
  const found = data === '' ? readCertificates(from) : certificatesOf(Buffer.from(data, 'base64').toString());
  if ('pem' in found) return found.pem;
  return failed('ca-unusable', {
    message: `${from} ${found.fault}`,
    advice: "Write the entry again: `cluster-connect get-credentials --ca FILE`, with the gateway's CA.",
  });
}

function describeCredential(credential: Credential): string {
  if (credential.kind === 'exec') return `token by ${credential.plugin.command}`;
  if (credential.kind === 'token') return 'a token in the file';
  return credential.kind === 'token-file' ? `token from ${credential.file}` : 'no token';
}

function notesOf(config: MergedKubeconfig, insecure: boolean, route: Route): string[] {
  const notes = config.openFiles.map((file) => `${file} can be read by others: chmod 600 ${file}`);
  if (insecure)
    notes.push(
      'insecure-skip-tls-verify is set: kubectl does not look at the certificate, this command does',
    );
  if (route.actAs.length > 0)
    notes.push('the user entry acts as somebody else (as, as-groups): so does this command');
  return notes;
}
