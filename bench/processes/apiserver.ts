// The process of the apiserver stand-in.
import { z } from 'zod';
import {
  answerBody,
  createPattern,
  Intake,
  listBody,
  startStandInServer,
  Witness,
  witnessSchema,
} from '../apiserver/index.ts';
import { serveParent } from './serve-parent.ts';

const startSchema = z.object({ cert: z.string(), key: z.string(), witness: witnessSchema });

const intake = new Intake();
let witness: Witness | undefined;

serveParent({
  start: async (params) => {
    const { cert, key, witness: settings } = startSchema.parse(params);
    witness = new Witness(settings);
    const stock = { small: answerBody(), list: listBody(), pattern: createPattern() };
    const port = await startStandInServer({ cert, key }, stock, witness, intake);
    return { http1Port: port, http2Port: port };
  },
  /** What was seen since the last call. */
  sightings: () => witness?.take(),
  /** What uploads have brought since the last `intake-reset`. */
  intake: () => intake.progress(),
  'intake-reset': () => intake.reset(),
});
