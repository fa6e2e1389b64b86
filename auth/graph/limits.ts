// Every bound of a group lookup with its reason. Tests set some of them otherwise: they have no hours.

export const GRAPH_LIMITS = {
  /** One request, to Graph or for the application's token, from the first byte sent to the last one read. */
  REQUEST_TIMEOUT_MS: 5_000,
  /** Everything about one principal, the waiting for a turn too: somebody's kubectl waits for it. */
  LOOKUP_TIMEOUT_MS: 15_000,
  /** A page of 999 groups is about 130 KB. */
  MAX_ANSWER_BYTES: 1024 * 1024,
  /** Graph's own limit for this list. */
  PAGE_SIZE: 999,
  /** Graph may send pages that are not full, but not for ever. */
  MAX_PAGES: 50,
  /** So many Impersonate-Group lines still fit into the 1 MiB of headers that a kube-apiserver reads, and twice as many do not. */
  MAX_GROUPS: 10_000,
  /** The state of a page token is inside the link to the next page. */
  MAX_LINK_LENGTH: 8 * 1024,

  /** Lookups that are under way at once: Graph counts what an application asks in ten seconds. */
  MAX_LOOKUPS: 8,
  /** Lookups that wait for a turn; past this one is refused as busy. */
  MAX_WAITING_LOOKUPS: 512,

  /** A throttled lookup waits as long as Graph says; if that is longer than this, it fails at once. */
  MAX_WAIT_MS: 5_000,
  /** The longest pause that Graph may impose on the lookups that come later: a broken header must not stop them for a day. */
  MAX_THROTTLE_MS: 120_000,
  /** When Graph says that it is too much, but not for how long. */
  DEFAULT_THROTTLE_MS: 2_000,
  /** How often one page is asked for again because of throttling. */
  MAX_THROTTLED_TRIES: 3,
  /** Before the one other try after a failure of Graph's. */
  RETRY_JITTER_MS: 500,

  /** So long an answer is as good as a new one: a token carries its groups for an hour. */
  FRESH_MS: 5 * 60_000,
  /** So long an answer goes on while Graph cannot be asked. */
  STALE_MS: 60 * 60_000,
  /** A failure is the answer for this time: those who try again in a loop do not reach Graph. */
  FAILURE_MS: 5_000,
  MAX_CACHED_PRINCIPALS: 10_000,
  /** Of all principals together: 500,000 ids are about 30 MB. */
  MAX_CACHED_IDS: 500_000,
  MAX_REMEMBERED_FAILURES: 4_096,

  /** A token for Graph is replaced so long before it expires. */
  TOKEN_EARLY_MS: 5 * 60_000,
  /** Entra's live 60 to 90 minutes, and 24 hours where Graph can revoke them. */
  MAX_TOKEN_LIFETIME_MS: 28 * 60 * 60_000,
  MAX_TOKEN_LENGTH: 16 * 1024,
  /** One assertion serves one request; Microsoft asks for 5 to 10 minutes at most. */
  ASSERTION_SECONDS: 300,
  /** A secret, a certificate with its key and its chain, or a federated token. */
  MAX_CREDENTIAL_BYTES: 64 * 1024,
  /** Tenants whose token and throttling are remembered; the oldest makes room. */
  MAX_TENANTS: 256,
} as const;

export type GraphLimits = { readonly [Name in keyof typeof GRAPH_LIMITS]: number };
