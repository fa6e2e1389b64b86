export { createClusterRegistry } from './cluster-registry.ts';
export type { ClusterRegistry, OnTunnels, TunnelEntry } from './cluster-registry.ts';
export type { DirectoryListener, PeerAddress, TunnelDirectory } from './tunnel-directory.ts';
export { pickInOrder } from './tunnel-picker.ts';
export type { StreamOpener, TunnelPicker } from './tunnel-picker.ts';
