// Builds what was not found, with Go from its module proxy, into the cache. Says what it does, for it takes minutes.
import {
  buildTool,
  findGo,
  findOnPath,
  GO_DIRECTORIES,
  MissingToolsError,
} from '../../../demo/go-tools/index.ts';
import type { Environment, Print } from '../../../demo/go-tools/index.ts';
import { areAllFound, findTools, toolPlaces } from './find-tools.ts';
import { GO_NEEDED, TOOL_NAMES, TOOLS } from './tool-sets.ts';
import type { ToolPaths } from './tool-sets.ts';

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
  const go = await findGo(environment, goDirectories);
  if (go === undefined) throw new MissingToolsError(describeMissing(names));
  print(`building ${names.join(', ')} with ${go}`);
  for (const tool of missing) await buildTool(go, tool, toolPlaces(environment), print);
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
