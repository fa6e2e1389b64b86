// The bounds of the management API. Whoever may send to it has shown no token yet.

/** A join request takes about 700 bytes. Answered 413. */
export const MAX_MANAGEMENT_BODY_BYTES = 16_384;

/** Failed redemptions from one address (an IPv6 /64 counts as one) in one window before it is answered 429. */
export const MAX_FAILED_JOINS_PER_ADDRESS = 20;
export const FAILED_JOIN_WINDOW_MS = 60_000;

/** Addresses remembered; beyond it the oldest is forgotten, so the table cannot be filled against others. */
export const MAX_REMEMBERED_ADDRESSES = 4096;

/** Redemptions under way, each a signature check and a disk flush. Answered 503 with Retry-After. */
export const MAX_JOINS_UNDER_WAY = 64;

export interface ManagementLimits {
  readonly maxBodyBytes: number;
  readonly maxFailedJoinsPerAddress: number;
  readonly failedJoinWindowMs: number;
  readonly maxRememberedAddresses: number;
  readonly maxJoinsUnderWay: number;
}

export const DEFAULT_MANAGEMENT_LIMITS: ManagementLimits = {
  maxBodyBytes: MAX_MANAGEMENT_BODY_BYTES,
  maxFailedJoinsPerAddress: MAX_FAILED_JOINS_PER_ADDRESS,
  failedJoinWindowMs: FAILED_JOIN_WINDOW_MS,
  maxRememberedAddresses: MAX_REMEMBERED_ADDRESSES,
  maxJoinsUnderWay: MAX_JOINS_UNDER_WAY,
};
