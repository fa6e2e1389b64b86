export type { ClusterOptions } from './cluster-options.ts';
export type { DemoCluster, PodState } from './demo-cluster.ts';
export { POD_NAME } from './demo-objects.ts';
export { useOwnCluster } from './own-cluster.ts';
export type { OwnClusterOptions } from './own-cluster.ts';
export { startRealControlPlane } from './real-control-plane.ts';
export { startStandInCluster } from './stand-in.ts';
