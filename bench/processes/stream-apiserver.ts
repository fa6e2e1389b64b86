// The process of the apiserver stand-in that holds streams: watches, exec sessions, port-forwards.
import { z } from 'zod';
import { createPattern, Witness, witnessSchema } from '../apiserver/index.ts';
import { startStreamServer, WatchBoard } from '../apiserver/streams/index.ts';
import { serveParent } from './serve-parent.ts';

const startSchema = z.object({ cert: z.string(), key: z.string(), witness: witnessSchema });
const stormSchema = z.object({ eventsPerSecond: z.number().positive(), durationMs: z.number().positive() });

const board = new WatchBoard();
let witness: Witness | undefined;

serveParent({
  start: async (params) => {
    const { cert, key, witness: settings } = startSchema.parse(params);
    witness = new Witness(settings);
    const port = await startStreamServer({ cert, key }, { board, witness, pattern: createPattern() });
    return { http1Port: port, http2Port: port };
  },
  /** What was seen since the last call. */
  sightings: () => witness?.take(),
  /** Watches that are open now. */
  watches: () => board.open,
  /** Sends events to all of them in turn; ends with the last one that was sent. */
  storm: (params) => {
    const { eventsPerSecond, durationMs } = stormSchema.parse(params);
    return board.storm(eventsPerSecond, durationMs);
  },
});
