export { IdTable } from './id-table.ts';
export { LiveSet } from './live-set.ts';
export type { Placed } from './live-set.ts';
export { countReceived } from './young-buffers.ts';
