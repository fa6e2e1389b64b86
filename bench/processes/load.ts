// The process of the load: one client of requests at a time, and one transfer.
import { z } from 'zod';
import { createClient, loadSpecSchema, startTransfer, transferSpecSchema } from '../load/index.ts';
import type { LoadClient, RunningTransfer } from '../load/index.ts';
import { serveParent } from './serve-parent.ts';

const runSchema = z.object({ durationMs: z.number().min(1).max(60_000) });

let client: LoadClient | undefined;
let transfer: RunningTransfer | undefined;

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
  'transfer-start': async (params) => {
    transfer = await startTransfer(transferSpecSchema.parse(params));
    return transfer.startedMs;
  },
  'transfer-progress': () => transfer?.progress(),
  /** Waits for its end. */
  'transfer-result': () => transfer?.result,
  /** Ends it now. */
  'transfer-cut': () => transfer?.cut(),
});
