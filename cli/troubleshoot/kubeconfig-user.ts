// What a user entry of a kubeconfig says: which credential kubectl would send, and as whom it would act.
import { isEntry, textOf } from './entry.ts';
import type { Entry } from './entry.ts';
import { resolvePath } from './kubeconfig-path.ts';
import type { Credential, ExecPlugin } from './route.ts';

const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';
const EXEC_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const INTERACTIVE_MODES = ['', 'Never', 'IfAvailable', 'Always'];

/** client-go: a token file goes before a token, and either before a plugin, which is then never run. */
export function readCredential(user: Entry, file: string, cluster: Entry): Credential {
  const tokenFile = textOf(user, 'tokenFile');
  if (tokenFile !== '') return { kind: 'token-file', file: resolvePath(tokenFile, file) };
  const token = textOf(user, 'token');
  if (token !== '') return { kind: 'token', token };
  const { exec } = user;
  if (isEntry(exec)) return { kind: 'exec', plugin: readPlugin(exec, file, cluster) };
  if (isEntry(user['auth-provider']))
    return { kind: 'none', why: 'an auth-provider, which kubectl no longer has' };
  const certificate = textOf(user, 'client-certificate-data') + textOf(user, 'client-certificate');
  if (certificate !== '')
    return { kind: 'none', why: 'a client certificate, which the gateway does not take' };
  if (textOf(user, 'username') !== '')
    return { kind: 'none', why: 'a password, which the gateway does not take' };
  return { kind: 'none', why: 'no credential at all' };
}

function readPlugin(exec: Entry, file: string, cluster: Entry): ExecPlugin {
  const command = textOf(exec, 'command');
  const { args, env, extensions } = {
    args: exec['args'],
    env: exec['env'],
    extensions: cluster['extensions'],
  };
  const extension = Array.isArray(extensions)
    ? extensions.filter(isEntry).find((one) => one['name'] === EXEC_EXTENSION)
    : undefined;
  return {
    command: /[\\/]/.test(command) ? resolvePath(command, file) : command,
    args: Array.isArray(args) ? args.map(String) : [],
    env: Array.isArray(env)
      ? env.filter(isEntry).map((one) => ({ name: textOf(one, 'name'), value: textOf(one, 'value') }))
      : [],
    apiVersion: textOf(exec, 'apiVersion'),
    interactiveMode: textOf(exec, 'interactiveMode'),
    provideClusterInfo: exec['provideClusterInfo'] === true,
    installHint: textOf(exec, 'installHint'),
    ...(extension === undefined ? {} : { clusterConfig: extension['extension'] }),
  };
}

/** What kubectl would refuse before it runs the plugin; undefined when nothing. */
export function pluginFault({ command, apiVersion, interactiveMode, env }: ExecPlugin): string | undefined {
  if (command === '') return 'exec has no command';
  if (!EXEC_VERSIONS.includes(apiVersion)) return `exec.apiVersion is none of ${EXEC_VERSIONS.join(', ')}`;
  // v1beta1 has a default for it, v1 has none.
  if (interactiveMode === '' && apiVersion === EXEC_VERSIONS[0]) return 'exec has no interactiveMode';
  if (!INTERACTIVE_MODES.includes(interactiveMode))
    return 'exec.interactiveMode is not one that kubectl knows';
  return env.some(({ name }) => name === '') ? 'exec.env has an entry without a name' : undefined;
}

/** `as`, `as-uid`, `as-groups` and `as-user-extra` as the headers that kubectl makes of them. */
export function actAsHeaders(user: Entry): string[] {
  const name = textOf(user, 'as');
  if (name === '') return [];
  const headers = ['impersonate-user', name];
  const uid = textOf(user, 'as-uid');
  if (uid !== '') headers.push('impersonate-uid', uid);
  const groups = user['as-groups'];
  if (Array.isArray(groups)) for (const group of groups) headers.push('impersonate-group', String(group));
  const extra = user['as-user-extra'];
  for (const [key, values] of isEntry(extra) ? Object.entries(extra) : []) {
    if (!Array.isArray(values)) continue;
    for (const value of values) headers.push(`impersonate-extra-${encodeURIComponent(key)}`, String(value));
  }
  // Node refuses other characters in a header; so does the gateway, whose words would be lost.
  return headers.map((text) => Buffer.from(text, 'utf8').toString('latin1'));
}
