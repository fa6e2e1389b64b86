// Where the suite's binaries are on this machine: KUBEBUILDER_ASSETS, then (kubectl, helm) the PATH, then the cache.
import { findTool } from '../../../demo/go-tools/index.ts';
import type { Environment, Tool, ToolPlaces } from '../../../demo/go-tools/index.ts';
import { TOOL_NAMES, TOOLS } from './tool-sets.ts';
import type { ToolName, ToolPaths } from './tool-sets.ts';

export type { ToolPaths } from './tool-sets.ts';

/** The path of each tool that is there; the others are still to be built. */
export type FoundTools = Readonly<Partial<Record<ToolName, string>>>;

export const ALL_TOOLS: readonly Tool[] = TOOL_NAMES.map((name) => TOOLS[name]);

export function toolPlaces(environment: Environment): ToolPlaces {
  return { environment, tools: ALL_TOOLS, assets: environment['KUBEBUILDER_ASSETS'] };
}

export async function findTools(environment: Environment): Promise<FoundTools> {
  const places = toolPlaces(environment);
  const files = await Promise.all(
    TOOL_NAMES.map(async (name) => ({ name, file: await findTool(TOOLS[name], places) })),
  );
  const found: Partial<Record<ToolName, string>> = {};
  for (const { name, file } of files) if (file !== undefined) found[name] = file;
  return found;
}

export function areAllFound(found: FoundTools): found is ToolPaths {
  return TOOL_NAMES.every((name) => found[name] !== undefined);
}
