// Builds a tool with Go from its module proxy, into the cache. Says what it does, for it may take minutes.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { executableName, findOnPath, nameCacheDirectory } from './find-tool.ts';
import type { Environment, ToolPlaces } from './find-tool.ts';
import type { Tool } from './tool.ts';

export type Print = (line: string) => void;

/** The tools cannot be had on this machine; the message says what is missing and what to do. */
export class MissingToolsError extends Error {}

/** Where Go's own installer puts it; many machines have it there and not on the PATH. */
export const GO_DIRECTORIES: readonly string[] = ['/usr/local/go/bin'];
/** Two packages at a time: linking kube-apiserver alone takes 2 GiB. */
const BUILD_PARALLELISM = 2;

/** @returns undefined on a machine without Go */
export function findGo(
  environment: Environment,
  goDirectories = GO_DIRECTORIES,
): Promise<string | undefined> {
  return findOnPath('go', environment, goDirectories);
}

/**
 * Built beside its place and moved there, so that a build that was cut off leaves nothing that looks whole.
 * @throws MissingToolsError when Go fails
 */
export async function buildTool(
  go: string,
  tool: Tool,
  { environment, tools }: ToolPlaces,
  print: Print,
): Promise<void> {
  const startedAt = Date.now();
  const cacheDirectory = await nameCacheDirectory(tool.set, tools, environment);
  await mkdir(cacheDirectory, { recursive: true });
  const workDirectory = await mkdtemp(join(cacheDirectory, 'building-'));
  const file = executableName(tool.executable);
  try {
    const output = join(workDirectory, file);
    const tags = tool.tags === undefined ? [] : ['-tags', tool.tags];
    const flags = ['-trimpath', '-p', String(BUILD_PARALLELISM), ...tags, '-ldflags', tool.linkerFlags];
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
