export { createClusterRegistry } from './cluster-registry.ts';
export type { ClusterRegistry, TunnelEntry } from './cluster-registry.ts';
