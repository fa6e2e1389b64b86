export { askClusters } from './ask-clusters.ts';
export type { AskedClusters } from './ask-clusters.ts';
export { arrivalsSchema, Fleet, fleetSpecSchema } from './fleet.ts';
export type { Arrivals, FleetSpec } from './fleet.ts';
export { memberSchema, seedClusters } from './seed-clusters.ts';
export type { FleetMember } from './seed-clusters.ts';
