// Where a client of streams goes, and as whom: across the process border.
import { z } from 'zod';

export const streamTargetSchema = z.object({
  host: z.string(),
  port: z.int(),
  /** The TLS server name; empty for none. */
  serverName: z.string(),
  /** PEM. */
  ca: z.string(),
});
export type StreamTarget = z.infer<typeof streamTargetSchema>;
