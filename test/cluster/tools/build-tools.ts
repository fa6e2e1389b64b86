// Builds what was not found, with Go from its module proxy, into the cache. Says what it does, for it takes minutes.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { completeTools, executableName, findOnPath, findTools } from './find-tools.ts';
import type { Environment, FoundTools, ToolPaths } from './find-tools.ts';
import { GO_NEEDED, TOOLS } from './tool-sets.ts';
import type { ToolName } from './tool-sets.ts';

export type Print = (line: string) => void;

/** The tools cannot be had on this machine; the message says what is missing and what to do. */
export class MissingToolsError extends Error {}

/** Where Go's own installer puts it; many machines have it there and not on the PATH. */
const GO_DIRECTORIES: readonly string[] = ['/usr/local/go/bin'];
/** Two packages at a time: linking kube-apiserver alone takes 2 GiB. */
const BUILD_PARALLELISM = 2;

/** @throws MissingToolsError */
export async function ensureTools(
  environment: Environment,
  print: Print,
  goDirectories = GO_DIRECTORIES,
): Promise<ToolPaths> {
  const found = await findTools(environment);
  const complete = completeTools(found);
  if (complete !== undefined) return complete;
  const missing = missingNames(found);
  const go = await findOnPath('go', environment, goDirectories);
  if (go === undefined) throw new MissingToolsError(describeMissing(missing));
  print(`building ${missing.join(', ')} with ${go} into ${found.cacheDirectory}`);
  await mkdir(found.cacheDirectory, { recursive: true });
  for (const name of missing) await buildTool(go, name, found.cacheDirectory, environment, print);
  const built = completeTools(await findTools(environment));
  if (built === undefined) throw new TypeError('what was built is not found in the cache');
  return built;
}

function missingNames(found: FoundTools): readonly ToolName[] {
  const names: readonly ToolName[] = ['etcd', 'kubectl', 'kube-apiserver'];
  return names.filter((name) => found.paths[name] === undefined);
}

function describeMissing(missing: readonly ToolName[]): string {
  return [
    `no ${missing.join(', no ')} on this machine, and no Go to build ${missing.length > 1 ? 'them' : 'it'}.`,
    'Do one of these:',
    '  - set KUBEBUILDER_ASSETS to a folder that holds etcd, kube-apiserver and kubectl',
    `  - install Go ${GO_NEEDED} or newer and put it on the PATH`,
  ].join('\n');
}

/** Built beside its place and moved there, so that a build that was cut off leaves nothing that looks whole. */
async function buildTool(
  go: string,
  name: ToolName,
  cacheDirectory: string,
  environment: Environment,
  print: Print,
): Promise<void> {
  const tool = TOOLS[name];
  const startedAt = Date.now();
  const workDirectory = await mkdtemp(join(cacheDirectory, 'building-'));
  try {
    const output = join(workDirectory, executableName(name));
    const flags = ['-trimpath', '-p', String(BUILD_PARALLELISM), '-ldflags', tool.linkerFlags];
    await runGo(go, ['build', ...flags, '-o', output, tool.package], tool.moduleDirectory, environment, name);
    await rename(output, join(cacheDirectory, executableName(name)));
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
  print(`built ${name} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

async function runGo(
  go: string,
  args: readonly string[],
  directory: string,
  environment: Environment,
  name: ToolName,
): Promise<void> {
  const child = spawn(go, args, {
    cwd: directory,
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
    `building ${name} failed (${failure}); it needs Go ${TOOLS[name].goVersion} or newer and Go's module proxy`,
  );
}
