// The programs of a peer: found or built. Where that cannot be, the peer is absent, and says why.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findOnPath } from '../../demo/go-tools/index.ts';
import { goVersionOf, PEER_TOOLS, providePeerTool } from '../peers/index.ts';
import type { PeerToolName, ToolSearch } from '../peers/index.ts';
import { RouteAbsentError } from './route-start.ts';

const VERSION_TIMEOUT_MS = 10_000;

const run = promisify(execFile);

/** @throws RouteAbsentError */
export async function programOnPath(name: string, { environment, directories }: ToolSearch): Promise<string> {
  const file = await findOnPath(name, environment, directories);
  if (file === undefined) throw new RouteAbsentError(`no ${name} on this machine`);
  return file;
}

/** @throws RouteAbsentError when there is none and it cannot be built */
export async function builtProgram(name: PeerToolName, search: ToolSearch): Promise<string> {
  try {
    return await providePeerTool(name, search);
  } catch (error) {
    throw new RouteAbsentError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** `chisel 1.12.0, Go 1.26.8` */
export async function builtVersion(
  title: string,
  name: PeerToolName,
  file: string,
  search: ToolSearch,
): Promise<string> {
  return `${title} ${PEER_TOOLS[name].set.version}, ${await goVersionOf(file, search)}`;
}

/** The first group of the pattern in what the program says about itself, wherever it says it; empty for nothing. */
export async function toldVersion(
  file: string,
  args: readonly string[],
  pattern: RegExp,
  environment: ToolSearch['environment'],
): Promise<string> {
  const { stdout, stderr } = await run(file, args, { timeout: VERSION_TIMEOUT_MS, env: environment });
  return pattern.exec(`${stdout}\n${stderr}`)?.[1] ?? '';
}
