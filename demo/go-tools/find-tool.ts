// Where a tool is on this machine: a folder of ready ones, then (where that will do) the PATH, then the cache of what was
// built.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Tool, ToolSet, UsableOnPath } from './tool.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ToolPlaces {
  readonly environment: Environment;
  /** All tools of the same sets: what is built together is cached together. */
  readonly tools: readonly Tool[];
  /** Looked into first; none where undefined or empty. */
  readonly assets?: string | undefined;
}

const VERSION_TIMEOUT_MS = 10_000;

const run = promisify(execFile);

/** @returns undefined when it is still to be built */
export async function findTool(
  tool: Tool,
  { environment, tools, assets }: ToolPlaces,
): Promise<string | undefined> {
  const file = executableName(tool.executable);
  if (assets !== undefined && assets !== '' && (await isExecutable(join(assets, file)))) {
    return join(assets, file);
  }
  if (tool.usableOnPath !== undefined) {
    const fromPath = await findUsable(tool.usableOnPath, environment);
    if (fromPath !== undefined) return fromPath;
  }
  const cached = join(await nameCacheDirectory(tool.set, tools, environment), file);
  return (await isExecutable(cached)) ? cached : undefined;
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

/** Changes with everything that changes a binary of the set: version, modules, source, flags, platform. Outside the repo. */
export async function nameCacheDirectory(
  set: ToolSet,
  tools: readonly Tool[],
  environment: Environment,
): Promise<string> {
  const builds = tools
    .filter((tool) => tool.set === set)
    .map(({ executable, package: name, linkerFlags, tags }) =>
      // Undefined in an array would be null in JSON.
      tags === undefined ? [executable, name, linkerFlags] : [executable, name, linkerFlags, tags],
    );
  const hash = createHash('sha256').update(JSON.stringify([builds, process.platform, process.arch]));
  const files = await readdir(set.directory, { recursive: true });
  for (const file of files.filter((name) => SOURCE_FILE.test(name)).toSorted()) {
    hash.update(await readFile(join(set.directory, file)));
  }
  const name = [
    `${set.name}-${set.version}`,
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

/** What a build reads in a set's folder: go.mod, go.sum, and the source where it is ours. */
const SOURCE_FILE = /(^|[/\\])go\.(mod|sum)$|\.go$/;

async function findUsable(usable: UsableOnPath, environment: Environment): Promise<string | undefined> {
  const file = await findOnPath(usable.executable, environment);
  if (file === undefined) return undefined;
  try {
    const { stdout } = await run(file, usable.versionArguments, { timeout: VERSION_TIMEOUT_MS });
    return usable.accepts(Number(usable.versionPattern.exec(stdout)?.[1] ?? 0)) ? file : undefined;
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
