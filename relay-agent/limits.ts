// Every limit of the agent, with its reason.

export const AGENT_LIMITS = {
  /** A dial through proxies and load balancers; longer means that it will not come. */
  DIAL_TIMEOUT_MS: 15_000,
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
  /** Connections to the apiserver: one for each running request, as many as the tunnels may carry streams. */
  UPSTREAM_CONNECTIONS: 8192,
  UPSTREAM_MAX_HEADER_BYTES: 60 * 1024,
  /** A body up to this size whose length is known goes to the apiserver in one write. */
  WHOLE_BODY_BYTES: 64 * 1024,
  /** An upgrade that the apiserver has not answered by now is given up. */
  UPGRADE_TIMEOUT_MS: 30_000,
  /** The ServiceAccount token is read again this long after the last read, as client-go does. */
  TOKEN_REREAD_MS: 60_000,
  TOKEN_MAX_BYTES: 16 * 1024,
  /** Answer of the gateway to a join. */
  JOIN_TIMEOUT_MS: 30_000,
  JOIN_MAX_ANSWER_BYTES: 64 * 1024,
} as const;
