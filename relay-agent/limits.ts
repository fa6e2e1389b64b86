// Every limit of the agent, with its reason.

export const AGENT_LIMITS = {
  /**
   * A dial through proxies and load balancers. Patient: after a restart a gateway has the handshakes of all its agents to do, and one that
   * is given up half done is done twice. Packets that are lost meanwhile TCP sends again by itself.
   */
  DIAL_TIMEOUT_MS: 45_000,
  /** Backoff: full jitter below a cap that doubles from the first to the last of these. */
  BACKOFF_FIRST_MS: 500,
  BACKOFF_CAP_MS: 30_000,
  /** Only a tunnel that lived so long resets the backoff: one that flaps stays slow. */
  HEALTHY_AFTER_MS: 60_000,
  /** The longest pause that a gateway may ask for. */
  MAX_PACED_DELAY_MS: 120_000,
  /** The apiserver is near: a connection that takes longer has failed. */
  UPSTREAM_CONNECT_TIMEOUT_MS: 10_000,
  /** Below the apiserver's own 90 s, so that no request is written to a connection that is about to close. */
  UPSTREAM_KEEP_ALIVE_MS: 60_000,
  /** Connections to the apiserver. Over HTTP/1.1 each running request has its own, as many as the tunnels may carry streams. */
  UPSTREAM_CONNECTIONS: 8192,
  /** An apiserver that chose HTTP/1.1 is asked again after this time: it may have been upgraded. */
  UPSTREAM_PROTOCOL_REMEMBERED_MS: 600_000,
  UPSTREAM_MAX_HEADER_BYTES: 60 * 1024,
  /** A body up to this size whose length is known goes to the apiserver in one write. */
  WHOLE_BODY_BYTES: 64 * 1024,
  /** Silence after which the operating system asks whether the other end of an upgraded connection is still there. */
  UPSTREAM_KEEP_ALIVE_PROBE_MS: 30_000,
  /** An upgrade that the apiserver has not answered by now is given up. */
  UPGRADE_TIMEOUT_MS: 30_000,
  /** All questions whether somebody may act as somebody else, of one request: each takes the apiserver milliseconds. */
  REVIEW_TIMEOUT_MS: 10_000,
  /** A SubjectAccessReview comes back with its spec, whose Impersonate-* and groups are at most a quarter of this. */
  REVIEW_MAX_ANSWER_BYTES: 128 * 1024,
  /** Requests of one agent for which such a question is open: each holds one connection to the apiserver. */
  MAX_REVIEWED_REQUESTS: 256,
  /** Of one user: nobody takes all of those from the others, or makes the apiserver answer for him alone. */
  MAX_REVIEWED_REQUESTS_PER_USER: 64,
  /** The ServiceAccount token is read again this long after the last read, as client-go does. */
  TOKEN_REREAD_MS: 60_000,
  TOKEN_MAX_BYTES: 16 * 1024,
  /** Answer of the gateway to a join. */
  JOIN_TIMEOUT_MS: 30_000,
  JOIN_MAX_ANSWER_BYTES: 64 * 1024,
} as const;

/** The waits on the way of a stream that may be set otherwise: by tests, which have no hours. */
export type AgentWaits = Readonly<
  Record<'BACKOFF_CAP_MS' | 'UPSTREAM_KEEP_ALIVE_MS' | 'UPGRADE_TIMEOUT_MS', number>
>;
