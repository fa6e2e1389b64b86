export { answerBody } from './answer.ts';
export { startHttp1Server, startHttp2Server } from './standin-servers.ts';
export { sightingsSchema, Witness, witnessSchema } from './witness.ts';
export type { Sightings, WitnessSettings } from './witness.ts';
