// Puts entries into an existing kubeconfig and leaves the rest as its owner wrote it: order, comments, unknown keys.
import { isAlias, isMap, isSeq, parseDocument } from 'yaml';
import type { Document, YAMLMap, YAMLSeq } from 'yaml';
import { CliError } from '../cli-error.ts';
import type { KubeconfigEntries } from './entries.ts';
import { isKnownPlugin } from './exec-plugin.ts';

export interface MergeOptions {
  /** Make the new context the current one; without a current one it becomes that anyway. */
  readonly setCurrent: boolean;
  /** Replace entries of the same name that lead elsewhere or hold credentials of another kind. */
  readonly overwrite: boolean;
  /** For messages. */
  readonly fileName: string;
}

/** A kubeconfig of its own, with nothing but the entries. */
export function newKubeconfig(entries: KubeconfigEntries): string {
  return mergeKubeconfig('', entries, { setCurrent: true, overwrite: false, fileName: 'kubeconfig' });
}

/**
 * The text of the kubeconfig with the entries in it. Entries of an earlier run are replaced.
 * @throws CliError CC_ERR_CLI_KUBECONFIG_INVALID for a text that is no kubeconfig, CC_ERR_CLI_USAGE where what
 *   somebody else wrote under the name would be lost
 */
export function mergeKubeconfig(text: string, entries: KubeconfigEntries, options: MergeOptions): string {
  const document = parseKubeconfig(text, options.fileName);
  if (!options.overwrite) refuseLoss(document, entries, options.fileName);
  putEntry(document, 'clusters', entries.name, 'cluster', entries.cluster, options.fileName);
  putEntry(document, 'users', entries.name, 'user', entries.user, options.fileName);
  putEntry(document, 'contexts', entries.name, 'context', entries.context, options.fileName);
  const current = document.get('current-context');
  if (options.setCurrent || current === undefined || current === null || current === '') {
    document.set('current-context', entries.name);
  }
  try {
    // lineWidth 0: never fold somebody's long certificate data.
    return document.toString({ lineWidth: 0 });
  } catch (error) {
    // An alias elsewhere in the file pointed into an entry that was replaced.
    throw invalid(options.fileName, 'uses YAML aliases across the entries to replace', error);
  }
}

function parseKubeconfig(text: string, fileName: string): Document {
  const document: Document = parseDocument(text, { prettyErrors: false });
  const [fault] = document.errors;
  if (fault !== undefined) throw invalid(fileName, 'is not valid YAML', fault);
  if (document.contents === null) {
    document.contents = document.createNode({ apiVersion: 'v1', kind: 'Config' });
    return document;
  }
  if (!isMap(document.contents)) throw invalid(fileName, 'is not a kubeconfig');
  const kind = document.get('kind');
  if (kind !== undefined && kind !== null && kind !== 'Config')
    throw invalid(fileName, 'is not a kubeconfig');
  if (!document.has('apiVersion')) document.set('apiVersion', 'v1');
  if (!document.has('kind')) document.set('kind', 'Config');
  return document;
}

function putEntry(
  document: Document,
  listName: 'clusters' | 'users' | 'contexts',
  name: string,
  member: string,
  value: Readonly<Record<string, unknown>>,
  fileName: string,
): void {
  const list = listOf(document, listName, fileName);
  const same = list.items.filter((item): item is YAMLMap => isMap(item) && item.get('name') === name);
  const [first, ...others] = same;
  if (first === undefined) {
    // A list written as `[]` would otherwise grow into one very long line.
    if (list.items.length === 0) list.flow = false;
    list.items.push(document.createNode({ [member]: value, name }));
    return;
  }
  const kept = keptOf(listName, memberOf(document, first, member));
  first.set(member, document.createNode(withKept(value, kept)));
  list.items = list.items.filter((item) => !others.some((other) => other === item));
}

// Extensions belong to other programs. The rest is its owner's choice, and get-credentials has no flag for it: a
// context's namespace, how the network is left, what its plugin needs in the environment.
const KEPT = {
  clusters: ['proxy-url', 'disable-compression', 'extensions'],
  users: ['extensions'],
  contexts: ['namespace', 'extensions'],
} as const;

interface Kept {
  readonly own: Readonly<Record<string, unknown>>;
  readonly execEnv?: unknown;
}

function keptOf(listName: keyof typeof KEPT, old: unknown): Kept {
  if (!isMap(old)) return { own: {} };
  const own = Object.fromEntries(
    KEPT[listName].flatMap((name) => (old.has(name) ? [[name, old.get(name, true)]] : [])),
  );
  // Of another plugin it would be another program's.
  const execEnv = listName === 'users' && isOurs(old) ? old.getIn(['exec', 'env'], true) : undefined;
  return execEnv === undefined ? { own } : { own, execEnv };
}

function withKept(value: Readonly<Record<string, unknown>>, kept: Kept): Record<string, unknown> {
  const { exec } = value;
  const withEnv =
    kept.execEnv === undefined || typeof exec !== 'object' ? {} : { exec: { ...exec, env: kept.execEnv } };
  return { ...value, ...withEnv, ...kept.own };
}

function listOf(document: Document, name: string, fileName: string): YAMLSeq {
  const found = document.get(name);
  if (isSeq(found)) return found;
  if (found !== undefined && found !== null)
    throw invalid(fileName, `is not a kubeconfig: ${name} is no list`);
  const made = document.createNode([]);
  made.flow = false;
  document.set(name, made);
  return made;
}

type IsOther = (entry: YAMLMap) => boolean;

// A client key or a token in a kubeconfig may be the only copy of it; and whoever calls kubectl with a context that led
// to one cluster yesterday must not work on another today.
function refuseLoss(document: Document, { name, cluster }: KubeconfigEntries, fileName: string): void {
  const differs = (entry: YAMLMap, key: string, ours: unknown): boolean =>
    (entry.get(key) ?? '') !== (ours ?? '');
  const isOtherServer: IsOther = (entry) =>
    differs(entry, 'server', cluster['server']) ||
    differs(entry, 'tls-server-name', cluster['tls-server-name']);
  const namesOthers: IsOther = (entry) => differs(entry, 'cluster', name) || differs(entry, 'user', name);
  for (const [listName, member, isOther, what] of [
    ['users', 'user', (user: YAMLMap) => !isOurs(user), 'other credentials'],
    ['clusters', 'cluster', isOtherServer, 'a cluster with another address'],
    ['contexts', 'context', namesOthers, 'a context of other entries'],
  ] as const) {
    const list = document.get(listName);
    if (!isSeq(list)) continue;
    for (const item of list.items) {
      if (!isMap(item) || item.get('name') !== name) continue;
      const entry = memberOf(document, item, member);
      if (!isMap(entry) || entry.items.length === 0 || !isOther(entry)) continue;
      throw new CliError(
        'CC_ERR_CLI_USAGE',
        `${fileName} already holds ${what} under the name ${name}`,
        'Give this one another name with --context, or replace what is there with --overwrite',
      );
    }
  }
}

function memberOf(document: Document, item: YAMLMap, member: string): unknown {
  const node = item.get(member, true);
  return isAlias(node) ? node.resolve(document) : node;
}

function isOurs(user: YAMLMap): boolean {
  const args = user.getIn(['exec', 'args']);
  return isKnownPlugin({
    command: user.getIn(['exec', 'command']),
    args: isSeq(args) ? args.items.map((_, index) => args.get(index)) : [],
    installHint: user.getIn(['exec', 'installHint']),
  });
}

function invalid(fileName: string, what: string, cause?: unknown): CliError {
  return new CliError(
    'CC_ERR_CLI_KUBECONFIG_INVALID',
    `${fileName} ${what}`,
    'It was not changed. Mend it, or choose another file with --kubeconfig',
    { cause },
  );
}
