// The bounds of what a store keeps. Each has its error code, so that reaching one is seen and not suffered.

/** A gateway holds tunnels of some thousand clusters at most. CC_ERR_STORE_LIMIT_CLUSTERS */
export const MAX_CLUSTERS = 10_000;

/** Unused and unexpired, for one cluster: a person needs one, a rollout script a few. CC_ERR_STORE_LIMIT_JOIN_TOKENS */
export const MAX_LIVE_JOIN_TOKENS_PER_CLUSTER = 16;

/** Unrevoked, for one cluster: an agent has one, a reinstalled one leaves one behind. CC_ERR_STORE_LIMIT_KEYS */
export const MAX_KEYS_PER_CLUSTER = 16;

/** Join tokens are passed around by people: an hour does, a week is the most. CC_ERR_STORE_LIFETIME_INVALID */
export const MAX_JOIN_TOKEN_LIFETIME_MS = 7 * 86_400_000;

/** A public JWK of P-256 takes about 130 characters. CC_ERR_STORE_ROW_INVALID */
export const MAX_PUBLIC_KEY_LENGTH = 1024;

/**
 * How long a statement waits for another process (`cluster add` beside a running gateway) before it fails with
 * CC_ERR_STORE_UNAVAILABLE. node:sqlite waits on the thread, so it is far shorter than any heartbeat.
 */
export const BUSY_TIMEOUT_MS = 5000;
