// Every bound of the stand-in in one place: it is a demo, but a demo that cannot be made to eat the machine.

/** kube-apiserver's MaxRequestBodyBytes. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** How many times MAX_BODY_BYTES a refused body may go on before its line is cut. */
export const MAX_BODY_OVERRUN = 4;
/** What etcd takes for one object by default. */
export const MAX_OBJECT_BYTES = 1_572_864;
/** All objects together, as JSON. */
export const MAX_STORED_BYTES = 128 * 1024 * 1024;
export const MAX_STORED_OBJECTS = 20_000;
/** Nesting of a body: deep enough for any manifest, shallow enough for recursion. */
export const MAX_JSON_DEPTH = 100;
/** YAML anchors that may be expanded (billion laughs). */
export const MAX_YAML_ALIASES = 100;
/** Changes kept for watches that start in the past; older ones get 410 Expired. */
export const HISTORY_CHANGES = 2_000;
/** Watches open at once; more are answered 429. */
export const MAX_WATCHERS = 500;
/** Bytes that may wait for a slow watcher before it is dropped. */
export const WATCH_BUFFER_BYTES = 8 * 1024 * 1024;
export const BOOKMARK_INTERVAL_MS = 60_000;
/** kube-apiserver ends a watch that named no timeout after 30 to 60 minutes. */
export const WATCH_MIN_SECONDS = 1_800;
/** The longest timeoutSeconds that is honoured: setTimeout cannot wait for more than 24 days. */
export const WATCH_MAX_SECONDS = 86_400;
export const MAX_LIST_LIMIT = 10_000;
/** Operations of one JSON patch; each may copy a list. */
export const MAX_PATCH_OPERATIONS = 2_000;
/** Events (the kind) kept; the oldest go first. */
export const MAX_EVENT_OBJECTS = 500;
/** Followed logs open at once. */
export const MAX_LOG_FOLLOWERS = 200;
/** exec sessions open at once. */
export const MAX_EXEC_SESSIONS = 100;
/** One WebSocket message of an exec session. */
export const MAX_EXEC_MESSAGE_BYTES = 1024 * 1024;
/** Input an exec session keeps for a command that has not ended yet. */
export const MAX_EXEC_INPUT_BYTES = 1024 * 1024;
/** Output that may wait for a slow exec client before its session is ended. */
export const EXEC_BUFFER_BYTES = 4 * 1024 * 1024;
/** Pods that one Deployment or ReplicaSet may ask the simulation for. */
export const MAX_REPLICAS = 100;
/** Tokens that have not expired. */
export const MAX_TOKENS = 10_000;
/** kube-apiserver's limits of the edge: header bytes, idle time, HTTP/2 streams. */
export const MAX_HEADER_BYTES = 1024 * 1024;
export const IDLE_TIMEOUT_MS = 90_000;
export const MAX_CONCURRENT_STREAMS = 100;
/** A client-chosen Audit-Id longer than this is replaced. */
export const MAX_AUDIT_ID_LENGTH = 64;
/** A label or field selector; reading one costs the square of its length at worst. */
export const MAX_SELECTOR_LENGTH = 8_192;
