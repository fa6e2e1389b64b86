export { startChild } from './child.ts';
export type { Child, ChildOptions } from './child.ts';
export type { BenchEntraSettings } from './entra-settings.ts';
export type { ProcessMemory } from './process-memory.ts';
