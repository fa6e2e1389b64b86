// Every limit of the tunnel, by the name that SPEC.md uses, with its reason.

export interface TunnelLimits {
  /** §1.5: what one message may hold; also ws' maxPayload. Small, so that a hostile length costs little. */
  readonly MAX_MESSAGE_BYTES: number;
  /** §1.6: WebSocket pings tolerated in a heartbeat interval; some proxies send one now and then. */
  readonly MAX_WEBSOCKET_PINGS: number;
  /** §3.2 */
  readonly HELLO_TIMEOUT_MS: number;
  /** §3.3: streams that the agent will have open at once, and that a gateway will open. */
  readonly MAX_STREAMS: number;
  /** §4.7: ids below the newest for which late frames are expected; a second's worth at the highest rate measured. */
  readonly RECENT_STREAMS: number;
  /** §4.7 */
  readonly MAX_STRAY_FRAMES: number;
  /** §4.8: a pager left open over lunch is fine, a reader that never comes back is not. */
  readonly STALLED_STREAM_TIMEOUT_MS: number;
  /** §5.1: enough for nearly every answer of the Kubernetes API without a round trip. */
  readonly INITIAL_WINDOW_BYTES: number;
  /** §5.5: 16 MiB fill 100 ms of 1.3 Gbit/s. */
  readonly MAX_STREAM_WINDOW_BYTES: number;
  /** §5.6: MAX_STREAMS first windows fit exactly; growth stops at half, so that grown windows refuse nobody. */
  readonly MAX_SESSION_WINDOW_BYTES: number;
  /** §5.5 */
  readonly GROWTH_ROUND_TRIPS: number;
  /** §6.1, §6.2: together at most 30 s. */
  readonly HEARTBEAT_INTERVAL_MS: number;
  readonly HEARTBEAT_TIMEOUT_MS: number;
  /** §6.3 */
  readonly MAX_PINGS: number;
  /** §7.2 */
  readonly DATA_SLICE_BYTES: number;
  /** §7.3: a millisecond of a gigabit link, so that an interactive frame waits about that long. */
  readonly SOCKET_QUEUE_BYTES: number;
  /** §7.4: heads of a burst of requests fit; a peer that floods and never reads does not. */
  readonly MAX_CONTROL_QUEUE_BYTES: number;
  /** Bytes queued by one stream's writer above which `write` answers false: the writer must pause until `onDrain`. */
  readonly STREAM_QUEUE_BYTES: number;
  /** Pieces (TCP segments, TLS records) that one WebSocket message may arrive in: a message dribbled byte by byte costs more. */
  readonly MAX_MESSAGE_PIECES: number;
  /** A peer that does not answer the closing handshake is cut off after this long. */
  readonly CLOSE_TIMEOUT_MS: number;
}

export const DEFAULT_LIMITS: TunnelLimits = {
  MAX_MESSAGE_BYTES: 256 * 1024,
  MAX_WEBSOCKET_PINGS: 60,
  HELLO_TIMEOUT_MS: 10_000,
  MAX_STREAMS: 8192,
  RECENT_STREAMS: 65_536,
  MAX_STRAY_FRAMES: 10_000,
  STALLED_STREAM_TIMEOUT_MS: 30 * 60_000,
  INITIAL_WINDOW_BYTES: 64 * 1024,
  MAX_STREAM_WINDOW_BYTES: 16 * 1024 * 1024,
  MAX_SESSION_WINDOW_BYTES: 512 * 1024 * 1024,
  GROWTH_ROUND_TRIPS: 2,
  HEARTBEAT_INTERVAL_MS: 10_000,
  HEARTBEAT_TIMEOUT_MS: 20_000,
  MAX_PINGS: 1000,
  DATA_SLICE_BYTES: 32 * 1024,
  SOCKET_QUEUE_BYTES: 128 * 1024,
  MAX_CONTROL_QUEUE_BYTES: 16 * 1024 * 1024,
  STREAM_QUEUE_BYTES: 128 * 1024,
  MAX_MESSAGE_PIECES: 4096,
  CLOSE_TIMEOUT_MS: 2000,
};

/** RFC 9113 §6.9.1's bound, for the same reason: credit stays a small integer. */
export const MAX_CREDIT = 0x7fff_ffff;
/** §5.1: what the smallest DATA frame uses up. A chunk costs its reader about so much memory beside its bytes. */
export const MIN_DATA_CHARGE_BYTES = 256;
/** §3.3: below this, one small frame could use up more than half of a window. */
export const MIN_INITIAL_WINDOW_BYTES = 4 * MIN_DATA_CHARGE_BYTES;
export const MAX_STREAM_ID = 0x7fff_ffff;
export const MAX_PEER_STREAMS = 1 << 20;
export const MAX_PAYLOAD_BYTES = 0xffff;
export const MAX_GOAWAY_REASON_BYTES = 256;
/** The subprotocol of §1.2. */
export const SUBPROTOCOL = 'cluster-connect.v1';
