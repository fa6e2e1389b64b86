export { startBed } from './bed.ts';
export type { Bed, BedParts } from './bed.ts';
