// Puts entries into an existing kubeconfig and leaves the rest as its owner wrote it: order, comments, unknown keys.
import { isMap, isSeq, parseDocument } from 'yaml';
import type { Document, YAMLMap, YAMLSeq } from 'yaml';
import { CliError } from '../cli-error.ts';
import type { KubeconfigEntries } from './entries.ts';

export interface MergeOptions {
  /** Make the new context the current one; without a current one it becomes that anyway. */
  readonly setCurrent: boolean;
  /** Replace a user entry of the same name that holds credentials of another kind. */
  readonly overwrite: boolean;
  /** For messages. */
  readonly fileName: string;
}

/** A kubeconfig of its own, with nothing but the entries. */
export function newKubeconfig(entries: KubeconfigEntries): string {
  return mergeKubeconfig('', entries, { setCurrent: true, overwrite: false, fileName: 'kubeconfig' });
}

/**
 * The text of the kubeconfig with the entries in it. Same-named entries are replaced.
 * @throws CliError CC_ERR_CLI_KUBECONFIG_INVALID for a text that is no kubeconfig, CC_ERR_CLI_USAGE where other
 *   credentials would be lost
 */
export function mergeKubeconfig(text: string, entries: KubeconfigEntries, options: MergeOptions): string {
  const document = parseKubeconfig(text, options.fileName);
  if (!options.overwrite) refuseLoss(document, entries.name, options.fileName);
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
  // Extensions belong to other programs; a context's namespace is its owner's choice.
  const kept = keptOf(first.get(member));
  first.set(member, document.createNode({ ...value, ...kept }));
  list.items = list.items.filter((item) => !others.some((other) => other === item));
}

function keptOf(old: unknown): Record<string, unknown> {
  if (!isMap(old)) return {};
  const kept: Record<string, unknown> = {};
  for (const name of ['namespace', 'extensions']) {
    const node = old.get(name, true);
    if (node !== undefined) kept[name] = node;
  }
  return kept;
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

// A client key or a token in a kubeconfig may be the only copy of it.
function refuseLoss(document: Document, name: string, fileName: string): void {
  const users = document.get('users');
  if (!isSeq(users)) return;
  for (const item of users.items) {
    if (!isMap(item) || item.get('name') !== name) continue;
    const user = item.get('user');
    if (!isMap(user) || user.items.length === 0 || isOurs(user)) continue;
    throw new CliError(
      'CC_ERR_CLI_USAGE',
      `${fileName} already holds other credentials under the name ${name}`,
      'Give this one another name with --context, or replace them with --overwrite',
    );
  }
}

function isOurs(user: YAMLMap): boolean {
  const args = user.getIn(['exec', 'args']);
  return isSeq(args) && args.items.some((_, index) => args.get(index) === 'get-token');
}

function invalid(fileName: string, what: string, cause?: unknown): CliError {
  return new CliError(
    'CC_ERR_CLI_KUBECONFIG_INVALID',
    `${fileName} ${what}`,
    'It was not changed. Mend it, or choose another file with --kubeconfig',
    { cause },
  );
}
