// Every bound of the group filter with its reason. Tests set some of them otherwise: they have no hours.

export const GROUP_LIMITS = {
  /** As many groups as a token names: these pass unfiltered, whatever is known of the bindings. */
  UNFILTERED_GROUPS: 200,
  /** Bindings asked for in one page: a binding with managed fields is 1 to 4 KB, one with many subjects some 100 KB. */
  PAGE_SIZE: 200,
  MAX_PAGES: 1_000,
  /** etcd holds objects of up to 1.5 MB; a page of those is an attack or a mistake. */
  MAX_PAGE_BYTES: 32 * 1024 * 1024,
  /** One event of a watch holds one object. */
  MAX_LINE_BYTES: 4 * 1024 * 1024,
  /** Bindings that name a group, of both kinds together, and the groups that all of them name. */
  MAX_BINDINGS: 100_000,
  MAX_SUBJECTS: 500_000,
  /** As long as any claim that is taken from a token: a longer name is nobody's group. */
  MAX_GROUP_LENGTH: 1024,

  /** A page of a list. */
  LIST_TIMEOUT_MS: 30_000,
  /** A watch is asked to end after this time and up to as much again, as client-go does: not all agents at once. */
  WATCH_SECONDS: 300,
  /** For an apiserver that does not end it. */
  WATCH_GRACE_MS: 30_000,
  /** How long bindings go on that could not be watched: longer, and somebody might miss a right without knowing why. */
  MAX_BROKEN_MS: 5 * 60_000,
  /** What a refused client is told to wait: kubectl does it by itself. */
  RETRY_AFTER_SECONDS: 1,
} as const;

export type GroupLimits = { readonly [Name in keyof typeof GROUP_LIMITS]: number };
