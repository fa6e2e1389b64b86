// What a load client is told and what it tells: the same for each of them, and across the process border.
import { z } from 'zod';

export const LOAD_CLIENTS = ['light', 'autocannon'] as const;
export const PROTOCOLS = ['http1', 'http2'] as const;
/** Kept for all requests; a new one for each, with a full handshake or with the session of the one before. */
export const CONNECTING = ['kept', 'each', 'each-resumed'] as const;

export const loadSpecSchema = z.object({
  client: z.enum(LOAD_CLIENTS),
  protocol: z.enum(PROTOCOLS),
  /** Other than `kept`: HTTP/1.1 by the light client only, `connections` at a time. */
  connecting: z.enum(CONNECTING),
  connections: z.int().min(1).max(1024),
  /** Requests in flight on each connection: HTTP/2 only. */
  streams: z.int().min(1).max(100),
  host: z.string(),
  port: z.int(),
  /** The TLS server name; empty for none. */
  serverName: z.string(),
  /** PEM. */
  ca: z.string(),
  path: z.string(),
  /** Besides Host: name and value in turn, lower-case names. */
  headers: z.array(z.string()),
  expectedBody: z.string(),
});
export type LoadSpec = z.infer<typeof loadSpecSchema>;

export const roundSchema = z.object({
  requests: z.int(),
  elapsedMs: z.number(),
  p50Us: z.number(),
  p99Us: z.number(),
  maxUs: z.number(),
  /** Of this process, from the first request of the round to the last answer. */
  cpuUs: z.number(),
  /** Answers with another status than 200, or another length. */
  wrongAnswers: z.int(),
  hashedBodies: z.int(),
  wrongBodies: z.int(),
  /** Connections that took up the TLS session of an earlier one. */
  resumed: z.int(),
});
export type Round = z.infer<typeof roundSchema>;

/** Closed loop: a connection (or stream) sends its next request when the last one is answered. */
export interface LoadClient {
  open(): Promise<void>;
  /** @throws when a connection is lost, or when an answer stays away */
  run(durationMs: number): Promise<Round>;
  close(): void;
}
