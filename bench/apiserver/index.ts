export { answerBody, listBody } from './answer.ts';
export type { Stock } from './http1-connection.ts';
export { COLD_BYTES, epochMs, Intake, progressSchema } from './intake.ts';
export type { Arriving, Progress } from './intake.ts';
export { BULK_PATH, bulkDownloadPath, LIST_PATH, SMALL_PATH } from './paths.ts';
export { createPattern, patternAt, PatternCheck } from './pattern.ts';
export { startStandInServer } from './standin-servers.ts';
export { sightingsSchema, Witness, witnessSchema } from './witness.ts';
export type { Sightings, WitnessSettings } from './witness.ts';
