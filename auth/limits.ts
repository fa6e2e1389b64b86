// Every bound of auth/ with its reason. A value from outside that passes one of these is refused, never trimmed.

/** An Entra token with 200 groups is about 10 KiB; twice the usual header line is room enough (facts: D2). */
export const MAX_TOKEN_BYTES = 16 * 1024;
/** A proof-of-possession token holds a whole access token in base64, and its key. */
export const MAX_POP_TOKEN_BYTES = 24 * 1024;
/** A ServiceAccount token is about 1.2 KB; with many audiences a few more. */
export const MAX_SERVICE_ACCOUNT_TOKEN_BYTES = 8 * 1024;
/** Entra's key ids are 27 to 43 base64url characters (facts: J2). */
export const MAX_KEY_ID_LENGTH = 128;
/** Depth of JSON inside a token: Entra nests two levels (`_claim_sources`). */
export const MAX_JSON_DEPTH = 8;
/** Longest string claim that is used: a guest's user principal name is about 190 characters. */
export const MAX_CLAIM_LENGTH = 1024;
/** Entra puts at most 200 groups into a JWT. */
export const MAX_TOKEN_GROUPS = 200;
/** Scopes and app roles that one token may name: Entra's tokens name a handful. */
export const MAX_TOKEN_PERMISSIONS = 200;
/** The last second of the year 9999: a later time is a wrong unit or an attack, and Date cannot print it. */
export const MAX_NUMERIC_DATE = 253_402_300_799;
/** More difference of clocks than this hides a broken clock (facts: J7). */
export const MAX_CLOCK_SKEW_SECONDS = 60;

/** From the first byte sent to the last byte read of one document of the authority. */
export const KEY_FETCH_TIMEOUT_MS = 5_000;
/** Entra's key set is about 10 KiB. */
export const MAX_KEY_DOCUMENT_BYTES = 1024 * 1024;
/** Entra publishes fewer than ten keys for a tenant. */
export const MAX_KEYS_PER_TENANT = 100;
/** RSA keys outside of these sizes are left out: too weak, or too slow to verify. */
export const MIN_RSA_BITS = 2048;
export const MAX_RSA_BITS = 8192;
/** Keys older than this are fetched again in the background, while the old ones still answer. */
export const KEY_REFRESH_AHEAD_MS = 60 * 60 * 1000;
/** Keys older than this are used only after a try to fetch them, so that a withdrawn key does not live on. */
export const KEY_REFRESH_NOW_MS = 2 * 60 * 60 * 1000;
/** How long known keys go on while the authority is down (facts: J12). */
export const KEY_MAX_STALE_MS = 24 * 60 * 60 * 1000;
/** An unknown key id causes at most one fetch in this time, for each tenant and version (facts: J12). */
export const UNKNOWN_KEY_COOLDOWN_MS = 30_000;
/** With no usable keys at all, the authority is asked at most once in this time. */
export const FAILED_FETCH_COOLDOWN_MS = 5_000;

/** Verified tokens that are remembered, by count and by characters held. */
export const MAX_CACHED_TOKENS = 20_000;
export const MAX_CACHED_TOKEN_CHARACTERS = 64 * 1024 * 1024;
/** Refused tokens that are remembered (by digest), and for how long: a client in a loop costs no signature check. */
export const MAX_REFUSED_TOKENS = 4_096;
export const REFUSED_TOKEN_TTL_MS = 5_000;
/** Verifications under way at once; past this a token is refused as `busy` and may be sent again. */
export const MAX_PENDING_VERIFICATIONS = 1_024;

/** Longest life of an agent's assertion or of a join proof: they are made for one request. */
export const MAX_PROOF_LIFETIME_SECONDS = 60;
/** Clocks of agents are less well kept than Entra's. */
export const PROOF_CLOCK_SKEW_SECONDS = 60;
/** Assertions are about 500 bytes. */
export const MAX_PROOF_BYTES = 4_096;
/** Assertion ids remembered until they expire: of all clusters, and of one, so that one agent cannot fill the table. */
export const MAX_REPLAY_ENTRIES = 50_000;
export const MAX_REPLAY_ENTRIES_PER_CLUSTER = 128;

/**
 * How long a proof-of-possession token may be used after it was signed, by default. Azure Arc's proxy has the same: kubectl signs once
 * and uses what it has for all of its requests.
 */
export const DEFAULT_POP_LIFETIME_MS = 15 * 60_000;
/** Proof keys are made by clients: larger ones would only cost more to verify. */
export const MAX_POP_RSA_BITS = 4096;
/** Nonces that are remembered until their token is too old to be used: of all, and of one user (each kubectl signs once). */
export const MAX_POP_NONCES = 200_000;
export const MAX_POP_NONCES_PER_USER = 2_048;
/** Tokens that their users make themselves, as many as they like: with room of their own in the cache, and of their own among what is verified. */
export const MAX_CACHED_POP_TOKENS = 4_096;
export const MAX_CACHED_POP_CHARACTERS = 32 * 1024 * 1024;
export const MAX_PENDING_POP_VERIFICATIONS = 256;
/** How often what has expired is dropped from a table of used ids: in quiet times, and when it is full. */
export const REPLAY_SWEEP_MS = 60_000;
export const REPLAY_SQUEEZE_MS = 1_000;

/** A user who was taken without groups, or with old ones, because Graph was down, is looked up again after this time. */
export const GROUPS_RECHECK_MS = 60_000;

/** A deny list, as bytes and as entries; and how often its file is looked at. */
export const MAX_DENY_LIST_BYTES = 1024 * 1024;
export const MAX_DENY_LIST_ENTRIES = 10_000;
export const DENY_LIST_POLL_MS = 500;
