// Builds what was not found, with Go from its module proxy, into the cache. Says what it does, for it takes minutes.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { areAllFound, executableName, findOnPath, findTools, nameCacheDirectory } from './find-tools.ts';
import type { Environment } from './find-tools.ts';
import { GO_NEEDED, TOOL_NAMES, TOOLS } from './tool-sets.ts';
import type { Tool, ToolPaths } from './tool-sets.ts';

export type Print = (line: string) => void;

/** The tools cannot be had on this machine; the message says what is missing and what to do. */
export class MissingToolsError extends Error {}

/** Where Go's own installer puts it; many machines have it there and not on the PATH. */
const GO_DIRECTORIES: readonly string[] = ['/usr/local/go/bin'];
/** Two packages at a time: linking kube-apiserver alone takes 2 GiB. */
const BUILD_PARALLELISM = 2;
/** A client of the tests that every system packages. */
const CURL = 'curl';

/** @throws MissingToolsError */
export async function ensureTools(
  environment: Environment,
  print: Print,
  goDirectories = GO_DIRECTORIES,
): Promise<ToolPaths> {
  if ((await findOnPath(CURL, environment)) === undefined) {
    throw new MissingToolsError(`no ${CURL} on the PATH; install it with the system's package manager`);
  }
  const found = await findTools(environment);
  if (areAllFound(found)) return found;
  const missing = TOOL_NAMES.filter((name) => found[name] === undefined).map((name) => TOOLS[name]);
  const names = missing.map((tool) => tool.executable);
  const go = await findOnPath('go', environment, goDirectories);
  if (go === undefined) throw new MissingToolsError(describeMissing(names));
  print(`building ${names.join(', ')} with ${go}`);
  for (const tool of missing) await buildTool(go, tool, environment, print);
  const complete = await findTools(environment);
  if (!areAllFound(complete)) throw new TypeError('what was built is not found in the cache');
  return complete;
}

function describeMissing(names: readonly string[]): string {
  return [
    `no ${names.join(', no ')} on this machine, and no Go to build ${names.length > 1 ? 'them' : 'it'}.`,
    'Do one of these:',
    `  - install Go ${GO_NEEDED} or newer and put it on the PATH`,
    '  - set KUBEBUILDER_ASSETS to a folder that holds them under these names',
  ].join('\n');
}

/** Built beside its place and moved there, so that a build that was cut off leaves nothing that looks whole. */
async function buildTool(go: string, tool: Tool, environment: Environment, print: Print): Promise<void> {
  const startedAt = Date.now();
  const cacheDirectory = await nameCacheDirectory(tool.set, environment);
  await mkdir(cacheDirectory, { recursive: true });
  const workDirectory = await mkdtemp(join(cacheDirectory, 'building-'));
  const file = executableName(tool.executable);
  try {
    const output = join(workDirectory, file);
    const flags = ['-trimpath', '-p', String(BUILD_PARALLELISM), '-ldflags', tool.linkerFlags];
    await runGo(go, ['build', ...flags, '-o', output, tool.package], tool, environment);
    await rename(output, join(cacheDirectory, file));
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
  print(
    `built ${tool.executable} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s into ${cacheDirectory}`,
  );
}

async function runGo(
  go: string,
  args: readonly string[],
  tool: Tool,
  environment: Environment,
): Promise<void> {
  const child = spawn(go, args, {
    cwd: tool.set.directory,
    // Go's progress and its errors are what the user wants to see.
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...environment,
      // The committed go.mod and go.sum decide, nothing is looked up or changed; no C compiler is needed.
      GOFLAGS: '-mod=readonly -buildvcs=false',
      GOWORK: 'off',
      CGO_ENABLED: '0',
    },
  });
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  if (failure === undefined) return;
  throw new MissingToolsError(
    `building ${tool.executable} failed (${failure}); it needs Go ${tool.set.goVersion} or newer and Go's module proxy`,
  );
}
