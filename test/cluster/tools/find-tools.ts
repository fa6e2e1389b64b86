// Where the suite's binaries are on this machine: KUBEBUILDER_ASSETS, then (kubectl, helm) the PATH, then the cache.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { TOOL_NAMES, TOOLS } from './tool-sets.ts';
import type { Tool, ToolName, ToolPaths, ToolSet, UsableOnPath } from './tool-sets.ts';

export type { ToolPaths } from './tool-sets.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The path of each tool that is there; the others are still to be built. */
export type FoundTools = Readonly<Partial<Record<ToolName, string>>>;

const VERSION_TIMEOUT_MS = 10_000;

const run = promisify(execFile);

export async function findTools(environment: Environment): Promise<FoundTools> {
  const files = await Promise.all(
    TOOL_NAMES.map(async (name) => ({ name, file: await findTool(TOOLS[name], environment) })),
  );
  const found: Partial<Record<ToolName, string>> = {};
  for (const { name, file } of files) if (file !== undefined) found[name] = file;
  return found;
}

export function areAllFound(found: FoundTools): found is ToolPaths {
  return TOOL_NAMES.every((name) => found[name] !== undefined);
}

async function findTool(tool: Tool, environment: Environment): Promise<string | undefined> {
  const file = executableName(tool.executable);
  const assets = environment['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '' && (await isExecutable(join(assets, file)))) {
    return join(assets, file);
  }
  if (tool.usableOnPath !== undefined) {
    const fromPath = await findUsable(tool.usableOnPath, environment);
    if (fromPath !== undefined) return fromPath;
  }
  const cached = join(await nameCacheDirectory(tool.set, environment), file);
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
export async function nameCacheDirectory(set: ToolSet, environment: Environment): Promise<string> {
  const builds = TOOL_NAMES.map((name) => TOOLS[name])
    .filter((tool) => tool.set === set)
    .map((tool) => [tool.executable, tool.package, tool.linkerFlags]);
  const hash = createHash('sha256').update(JSON.stringify([builds, process.platform, process.arch]));
  const files = await readdir(set.directory);
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
const SOURCE_FILE = /^go\.(mod|sum)$|\.go$/;

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
