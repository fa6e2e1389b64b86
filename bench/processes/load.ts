// The process of the load: one client at a time.
import { z } from 'zod';
import { createClient, loadSpecSchema } from '../load/index.ts';
import type { LoadClient } from '../load/index.ts';
import { serveParent } from './serve-parent.ts';

const runSchema = z.object({ durationMs: z.number().min(1).max(60_000) });

let client: LoadClient | undefined;

serveParent({
  open: async (params) => {
    client = createClient(loadSpecSchema.parse(params));
    await client.open();
  },
  run: (params) => {
    if (client === undefined) throw new TypeError('open comes before run');
    return client.run(runSchema.parse(params).durationMs);
  },
  close: () => {
    client?.close();
    client = undefined;
  },
});
