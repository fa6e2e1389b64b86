// The bounds of a diagnosis: how long each hop may take, and how much of what comes back is read.

export const TROUBLESHOOT_LIMITS = {
  DNS_TIMEOUT_MS: 10_000,
  /** To the gateway, or to the proxy. */
  CONNECT_TIMEOUT_MS: 10_000,
  /** From CONNECT to the proxy's answer: it connects meanwhile. */
  PROXY_ANSWER_TIMEOUT_MS: 20_000,
  TLS_TIMEOUT_MS: 10_000,
  /** Longer than any hop behind the gateway waits for the next one (10 s), so that their own words arrive. */
  ANSWER_TIMEOUT_MS: 30_000,
  /** A person may have to type a code; kubectl would wait for ever. */
  PLUGIN_TIMEOUT_MS: 180_000,
  /** Answers to what is asked here have a few KiB. */
  MAX_ANSWER_BYTES: 1_048_576,
  MAX_PLUGIN_OUTPUT_BYTES: 1_048_576,
  /** What a plugin says on standard error is passed on up to this. */
  MAX_PLUGIN_WORDS_BYTES: 65_536,
  /** More difference of clocks than this makes good tokens bad: it is what gateway and agent tolerate. */
  MAX_CLOCK_DIFFERENCE_MS: 60_000,
} as const;

export type TroubleshootLimits = { readonly [Name in keyof typeof TROUBLESHOOT_LIMITS]: number };

/** Longest text of somebody else's that is shown: a claim, a header, a message. */
export const MAX_SHOWN_LENGTH = 300;
/** Files of a KUBECONFIG list. */
export const MAX_KUBECONFIG_FILES = 100;
