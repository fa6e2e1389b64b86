export { buildTool, findGo, GO_DIRECTORIES, MissingToolsError } from './build-tool.ts';
export type { Print } from './build-tool.ts';
export { findOnPath, findTool, nameCacheDirectory } from './find-tool.ts';
export type { Environment, ToolPlaces } from './find-tool.ts';
export { linkerFlags, STRIP } from './tool.ts';
export type { Tool, ToolSet, UsableOnPath } from './tool.ts';
