// Where etcd, kube-apiserver and kubectl are on this machine: KUBEBUILDER_ASSETS, then (kubectl) the PATH, then the cache.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ETCD_VERSION, KUBERNETES_VERSION, TOOLS } from './tool-sets.ts';
import type { ToolName } from './tool-sets.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Each tool's path, or undefined where it is still to be built. */
export interface FoundTools {
  readonly paths: Readonly<Record<ToolName, string | undefined>>;
  readonly cacheDirectory: string;
}

export interface ToolPaths {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
}

/** `kubectl auth whoami` is stable since 1.28; an older kubectl on the PATH is passed over. */
const OLDEST_KUBECTL_MINOR = 28;
const KUBECTL_VERSION_TIMEOUT_MS = 10_000;

const run = promisify(execFile);

export async function findTools(environment: Environment): Promise<FoundTools> {
  const cacheDirectory = await nameCacheDirectory(environment);
  const assets = environment['KUBEBUILDER_ASSETS'];
  const find = async (name: ToolName): Promise<string | undefined> => {
    const fromAssets = assets === undefined || assets === '' ? undefined : join(assets, executableName(name));
    if (fromAssets !== undefined && (await isExecutable(fromAssets))) return fromAssets;
    if (name === 'kubectl') {
      const fromPath = await findUsableKubectl(environment);
      if (fromPath !== undefined) return fromPath;
    }
    const cached = join(cacheDirectory, executableName(name));
    return (await isExecutable(cached)) ? cached : undefined;
  };
  const [etcd, kubeApiserver, kubectl] = await Promise.all([
    find('etcd'),
    find('kube-apiserver'),
    find('kubectl'),
  ]);
  return { paths: { etcd, 'kube-apiserver': kubeApiserver, kubectl }, cacheDirectory };
}

/** The found paths when all are there. */
export function completeTools(found: FoundTools): ToolPaths | undefined {
  const { etcd, 'kube-apiserver': kubeApiserver, kubectl } = found.paths;
  if (etcd === undefined || kubeApiserver === undefined || kubectl === undefined) return undefined;
  return { etcd, kubeApiserver, kubectl };
}

/** The first executable of that name on the PATH, or in one of `moreDirectories`. */
export async function findOnPath(
  name: string,
  environment: Environment,
  moreDirectories: readonly string[] = [],
): Promise<string | undefined> {
  const directories = [...(environment['PATH'] ?? '').split(delimiter), ...moreDirectories];
  for (const directory of directories) {
    if (directory === '') continue;
    const file = join(directory, executableName(name));
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

export function executableName(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

/** Changes with everything that changes a binary: versions, modules, flags, platform. Outside the repo. */
async function nameCacheDirectory(environment: Environment): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([TOOLS, process.platform, process.arch], pathless));
  for (const directory of new Set(Object.values(TOOLS).map((tool) => tool.moduleDirectory))) {
    hash.update(await readFile(join(directory, 'go.mod'))).update(await readFile(join(directory, 'go.sum')));
  }
  const name = [
    `etcd-${ETCD_VERSION}`,
    `kubernetes-${KUBERNETES_VERSION}`,
    `${process.platform}-${process.arch}`,
    hash.digest('hex').slice(0, 12),
  ].join('_');
  const base = environment['XDG_CACHE_HOME'];
  return join(
    base === undefined || base === '' ? join(homedir(), '.cache') : base,
    'cluster-connect',
    'kube',
    name,
  );
}

/** The same modules in another checkout are the same binaries. */
function pathless(key: string, value: unknown): unknown {
  return key === 'moduleDirectory' ? undefined : value;
}

async function findUsableKubectl(environment: Environment): Promise<string | undefined> {
  const file = await findOnPath('kubectl', environment);
  if (file === undefined) return undefined;
  try {
    const options = { timeout: KUBECTL_VERSION_TIMEOUT_MS };
    const { stdout } = await run(file, ['version', '--client', '--output', 'json'], options);
    const minor = /"minor":\s*"(\d+)/.exec(stdout)?.[1];
    return Number(minor ?? 0) >= OLDEST_KUBECTL_MINOR ? file : undefined;
  } catch {
    return undefined;
  }
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
