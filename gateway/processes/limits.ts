// The bounds of running several gateway processes.

export interface ProcessWaits {
  /** From the fork to the first connection that it would take. */
  readonly START_TIMEOUT_MS: number;
  /** A process that died starts again after so long; doubled each time, up to the second, until it has run for the third. */
  readonly RESTART_MS: number;
  readonly MAX_RESTART_MS: number;
  readonly STEADY_MS: number;
  /** How often each process is asked for its metrics, which shows that it is alive. */
  readonly CHECK_MS: number;
  /** One that is that many answers behind is ended: its event loop is stuck. */
  readonly MAX_MISSED_CHECKS: number;
  /** What a scrape waits for one process. */
  readonly METRICS_TIMEOUT_MS: number;
  /** Beyond the drain timeout: the farewell to what is cut off, and the end of the process. */
  readonly DRAIN_MARGIN_MS: number;
  /** From the order to close to SIGKILL; below what the command line waits. */
  readonly CLOSE_TIMEOUT_MS: number;
}

export const PROCESS_WAITS: ProcessWaits = {
  START_TIMEOUT_MS: 30_000,
  RESTART_MS: 500,
  MAX_RESTART_MS: 30_000,
  STEADY_MS: 60_000,
  CHECK_MS: 10_000,
  MAX_MISSED_CHECKS: 3,
  METRICS_TIMEOUT_MS: 2000,
  DRAIN_MARGIN_MS: 5000,
  CLOSE_TIMEOUT_MS: 1500,
};

/** What `auto` takes at most: each has sessions to all others, and about 100 MB of memory of its own. */
export const MAX_AUTO_PROCESSES = 64;
/** What a process waits for the supervisor's word on an assertion; after it the answer is no. */
export const CLAIM_TIMEOUT_MS = 5000;
