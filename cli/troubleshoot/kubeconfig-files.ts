// Reads kubeconfigs as clientcmd does: --kubeconfig alone, else the files of KUBECONFIG merged, else ~/.kube/config. The
// first file that names an entry wins, and a relative path is relative to the file that it stands in.
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import { isEntry, textOf } from './entry.ts';
import type { Entry } from './entry.ts';
import { failed } from './hops.ts';
import type { Failed } from './hops.ts';
import { MAX_KUBECONFIG_FILES } from './limits.ts';

/** A cluster, user or context, and the file it is from. */
export interface NamedEntry {
  readonly entry: Entry;
  readonly file: string;
}

export interface MergedKubeconfig {
  /** Those that exist, in the order of their weight. */
  readonly files: readonly string[];
  /** Files that others may read. */
  readonly openFiles: readonly string[];
  readonly currentContext: string;
  readonly contexts: ReadonlyMap<string, NamedEntry>;
  readonly clusters: ReadonlyMap<string, NamedEntry>;
  readonly users: ReadonlyMap<string, NamedEntry>;
}

const OTHERS = 0o077;
const ADVICE_MISSING =
  'Write one with `cluster-connect get-credentials`, or name it with --kubeconfig or KUBECONFIG.';

export function loadKubeconfig(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): MergedKubeconfig | Failed {
  const wanted = kubeconfigFiles(option, environment);
  const files: string[] = [];
  const openFiles: string[] = [];
  let currentContext = '';
  const maps = { contexts: new Map(), clusters: new Map(), users: new Map() } satisfies Record<
    string,
    EntryMap
  >;
  for (const file of wanted) {
    const found = readBoundedFile(file, FILE_LIMITS.kubeconfig);
    if (!('text' in found)) {
      if (found.fault === 'missing') continue;
      return failed('file-unreadable', {
        message: `${file} ${describeFault(found)}`,
        advice: 'Give yourself the right to read it, or name another file with --kubeconfig.',
      });
    }
    const config = parseConfig(found.text);
    if (typeof config === 'string') return invalid(file, config);
    files.push(file);
    if (process.platform !== 'win32' && (found.mode & OTHERS) !== 0) openFiles.push(file);
    if (currentContext === '') currentContext = textOf(config, 'current-context');
    for (const [list, member] of LISTS) {
      const problem = addEntries(maps[list], config[list], member, file);
      if (problem !== undefined) return invalid(file, `${list}: ${problem}`);
    }
  }
  if (files.length > 0) return { files, openFiles, currentContext, ...maps };
  return failed('file-missing', {
    message: `there is no kubeconfig: ${wanted.join(', ')}`,
    facts: { files: wanted },
    advice: ADVICE_MISSING,
  });
}

type EntryMap = Map<string, NamedEntry>;
const LISTS = [
  ['contexts', 'context'],
  ['clusters', 'cluster'],
  ['users', 'user'],
] as const;

function kubeconfigFiles(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  if (option !== undefined) return [resolve(option)];
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter, MAX_KUBECONFIG_FILES);
  const files = new Set(listed.filter((file) => file !== '').map((file) => resolve(file)));
  if (files.size > 0) return [...files];
  const home = environment['HOME'];
  return [join(home === undefined || home === '' ? homedir() : home, '.kube', 'config')];
}

/** The mapping at the top, or what is wrong with the text: in words that quote nothing of it. */
function parseConfig(text: string): Entry | string {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  if (document.errors.length > 0) return 'is not valid YAML';
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    return 'uses YAML aliases that cannot be resolved';
  }
  if (value === null || value === undefined) return {};
  if (!isEntry(value)) return 'is not a kubeconfig';
  const { kind } = value;
  return kind === undefined || kind === null || kind === 'Config'
    ? value
    : 'is not a kubeconfig: another kind';
}

/** @returns what is wrong with the list */
function addEntries(map: EntryMap, list: unknown, member: string, file: string): string | undefined {
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list)) return 'is no list';
  const seen = new Set<string>();
  for (const item of list) {
    const name = isEntry(item) ? textOf(item, 'name') : '';
    if (!isEntry(item) || name === '') return 'has an entry without a name';
    if (seen.has(name)) return `has two entries of the name ${name}`;
    seen.add(name);
    const entry = item[member];
    if (!map.has(name)) map.set(name, { entry: isEntry(entry) ? entry : {}, file });
  }
  return undefined;
}

function invalid(file: string, what: string): Failed {
  return failed('file-invalid', {
    message: `${file} ${what}`,
    advice: 'Mend the file, or write a new one with `cluster-connect get-credentials --kubeconfig FILE`.',
  });
}
