export { createGroupLookup } from './group-lookup.ts';
export type { GroupLookup, GroupLookupOptions } from './group-lookup.ts';
export { graphProblems, placeOfGraph } from './graph-settings.ts';
export type { GraphPlace, GraphSettings } from './graph-settings.ts';
export { GRAPH_LIMITS } from './limits.ts';
export type { GraphLimits } from './limits.ts';
