// Every limit of the HTTP/2 connections to the apiserver, with its reason.

export const HTTP2_LIMITS = {
  /** What the apiserver may send of one answer before the tunnel has taken it: enough for 250 MB/s at a millisecond. */
  STREAM_WINDOW_BYTES: 256 * 1024,
  /** The largest frame taken: large enough that its header costs nothing, small enough that others soon have their turn. */
  MAX_FRAME_BYTES: 64 * 1024,
  /** A header block as it comes, before it is decoded: HEADERS and all its CONTINUATIONs. */
  MAX_BLOCK_BYTES: 64 * 1024,
  /** Requests on one connection, where the apiserver allows more: what one loses when it breaks. */
  MAX_STREAMS: 250,
  /** Until the apiserver has said how many it takes (RFC 9113 §6.5.2 asks for no fewer). */
  STREAMS_BEFORE_SETTINGS: 100,
  /** DATA is written while less than this waits in the socket: control and heads go before it. */
  SOCKET_QUEUE_BYTES: 256 * 1024,
  /** More than this in the socket: the apiserver does not read what it asks for, and the connection ends. */
  MAX_SOCKET_QUEUE_BYTES: 16 * 1024 * 1024,
  /** One frame of a request's body. */
  DATA_SLICE_BYTES: 16_384,
  /** A request that the apiserver surely did not begin goes to another connection, this often. */
  MAX_ATTEMPTS: 3,
  /** Silence of a connection that has requests, after which it is asked whether it still lives, as client-go does. */
  PING_AFTER_MS: 30_000,
  PING_TIMEOUT_MS: 15_000,
  /** For a connection's last frames, before its socket is destroyed: an apiserver that does not read never takes them. */
  FAREWELL_MS: 5_000,
  /** How often connections are looked at. */
  SWEEP_MS: 5_000,
} as const;
