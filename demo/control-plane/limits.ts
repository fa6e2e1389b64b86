// Every wait and size of the control plane in one place, each with its reason.

/** etcd and kube-apiserver together start in 5 to 15 s on two slow cores; a cold disk may double that. */
export const READY_TIMEOUT_MS = 90_000;
/** How often readiness is asked for: often enough that a start is not longer for it. */
export const READY_POLL_MS = 100;
/** The data is thrown away, so after this an orderly end is not worth waiting for. */
export const STOP_TIMEOUT_MS = 5_000;
/** A chosen port can be taken by another process before kube-apiserver binds it; then the start is tried again. */
export const START_ATTEMPTS = 3;
/** One request of the admin client. */
export const ADMIN_REQUEST_TIMEOUT_MS = 30_000;
/** Answers to the admin client: above the 2 MiB lists of the tests, far below what could hurt. */
export const ADMIN_ANSWER_BYTES = 64 * 1024 * 1024;
/** TokenRequest refuses less than ten minutes. */
export const AGENT_TOKEN_SECONDS = 600;
/** The kubelet renews a projected token when 80 % of its life is over. */
export const TOKEN_REWRITE_FRACTION = 0.8;
/** How long a reader of the audit log waits for an event before it says that none came. */
export const AUDIT_WAIT_MS = 10_000;
export const AUDIT_POLL_MS = 25;
/** Lines of a log that are quoted when a start fails. */
export const QUOTED_LOG_LINES = 15;
export const CERTIFICATE_DAYS = 7;
