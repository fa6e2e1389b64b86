// The process of the apiserver stand-in.
import { z } from 'zod';
import {
  answerBody,
  startHttp1Server,
  startHttp2Server,
  Witness,
  witnessSchema,
} from '../apiserver/index.ts';
import { serveParent } from './serve-parent.ts';

const startSchema = z.object({ cert: z.string(), key: z.string(), witness: witnessSchema });

let witness: Witness | undefined;

serveParent({
  start: async (params) => {
    const { cert, key, witness: settings } = startSchema.parse(params);
    witness = new Witness(settings);
    const body = answerBody();
    return {
      http1Port: await startHttp1Server({ cert, key }, body, witness),
      http2Port: await startHttp2Server({ cert, key }, body, witness),
    };
  },
  sightings: () => witness?.take(),
});
