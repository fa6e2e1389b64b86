// Every limit of the gateway, with its reason. facts: D1 to D5.

import { MAX_MANAGEMENT_BODY_BYTES } from './api/index.ts';

export interface GatewayLimits {
  /** Client and agent connections together; file descriptors are the scarce thing. */
  readonly MAX_CONNECTIONS: number;
  /** Connections that wait in the kernel; the system's own limit is 4096 too. One too many waits a second, then three, then seven. */
  readonly LISTEN_BACKLOG: number;
  /** A client that does not finish its TLS handshake. With thousands of them at once, an honest one takes seconds too. */
  readonly TLS_HANDSHAKE_TIMEOUT_MS: number;
  /** Slowloris: the whole head of a request. */
  readonly HEADERS_TIMEOUT_MS: number;
  /** Longer than a load balancer's, shorter than for ever; the apiserver has 90 s too. */
  readonly KEEP_ALIVE_TIMEOUT_MS: number;
  /** A request body from which nothing came for so long, while this end was ready for it. */
  readonly BODY_IDLE_TIMEOUT_MS: number;
  /** The head of a request: a token of 24 KiB and the rest. */
  readonly MAX_HEADER_BYTES: number;
  /** Streams on one HTTP/2 connection, as the apiserver allows. */
  readonly MAX_H2_STREAMS: number;
  /** MiB that nghttp2 may hold for one HTTP/2 connection. */
  readonly MAX_H2_SESSION_MEMORY_MIB: number;
  /** Streams that a client may reset at once, and then each second, on one HTTP/2 connection: a kubectl resets few. */
  readonly H2_RESET_BURST: number;
  readonly H2_RESETS_PER_SECOND: number;
  /** Upload window of an HTTP/2 stream, as the apiserver's. */
  readonly H2_STREAM_WINDOW_BYTES: number;
  readonly H2_CONNECTION_WINDOW_BYTES: number;
  /** Requests of one user that run at once, over all clusters: watches count. */
  readonly MAX_STREAMS_PER_USER: number;
  /** Tunnels of one cluster: two agents with two each, while they are replaced. */
  readonly MAX_TUNNELS_PER_CLUSTER: number;
  /** What the windows of all tunnels together may grow beyond their first sizes: answers that nobody reads wait there. */
  readonly MAX_GROWN_WINDOW_BYTES: number;
  /** Tunnel handshakes that are being checked at once. */
  readonly MAX_PENDING_HANDSHAKES: number;
  /** A request to the management API. */
  readonly MAX_API_BODY_BYTES: number;
  readonly API_BODY_TIMEOUT_MS: number;
  /** How often the keys of live tunnels are compared with the store. */
  readonly KEY_RECHECK_MS: number;
  /** How late a running stream may learn that its token has expired or was withdrawn. */
  readonly TOKEN_SWEEP_MS: number;
  /** How often the certificates are looked at: for their age, and for changed files. */
  readonly CERTIFICATE_CHECK_MS: number;
  /** Agents that are sent away by a drain come back spread over so long. */
  readonly DRAIN_PACING_MS: number;
}

export const GATEWAY_LIMITS: GatewayLimits = {
  MAX_CONNECTIONS: 60_000,
  LISTEN_BACKLOG: 4096,
  TLS_HANDSHAKE_TIMEOUT_MS: 30_000,
  HEADERS_TIMEOUT_MS: 15_000,
  KEEP_ALIVE_TIMEOUT_MS: 90_000,
  BODY_IDLE_TIMEOUT_MS: 120_000,
  MAX_HEADER_BYTES: 48 * 1024,
  MAX_H2_STREAMS: 100,
  MAX_H2_SESSION_MEMORY_MIB: 64,
  H2_RESET_BURST: 1000,
  H2_RESETS_PER_SECOND: 100,
  H2_STREAM_WINDOW_BYTES: 256 * 1024,
  H2_CONNECTION_WINDOW_BYTES: 4 * 1024 * 1024,
  MAX_STREAMS_PER_USER: 4096,
  MAX_TUNNELS_PER_CLUSTER: 8,
  MAX_GROWN_WINDOW_BYTES: 512 * 1024 * 1024,
  MAX_PENDING_HANDSHAKES: 1024,
  MAX_API_BODY_BYTES: MAX_MANAGEMENT_BODY_BYTES,
  API_BODY_TIMEOUT_MS: 10_000,
  KEY_RECHECK_MS: 20_000,
  TOKEN_SWEEP_MS: 2000,
  CERTIFICATE_CHECK_MS: 10 * 60_000,
  DRAIN_PACING_MS: 2000,
};
