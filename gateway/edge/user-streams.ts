// How many requests each user runs at once, with a bound (security D5). One number for each user that has any.
import type { VerifiedToken } from '../../auth/index.ts';

export interface UserStreams {
  /** Counts one more; false when the user has as many as one user may. */
  enter(token: VerifiedToken): boolean;
  leave(token: VerifiedToken): void;
}

interface Usage {
  readonly key: string;
  running: number;
  isPruned: boolean;
}

// Users who run nothing are forgotten when so many are known.
const PRUNE_ABOVE_USERS = 10_000;

export function createUserStreams(maxStreamsPerUser: number): UserStreams {
  const byUser = new Map<string, Usage>();
  // The same token comes with every request: its user is looked up once.
  const byToken = new WeakMap<VerifiedToken, Usage>();

  function usageOf(token: VerifiedToken): Usage {
    const known = byToken.get(token);
    if (known !== undefined && !known.isPruned) return known;
    const key = `${token.tenantId}/${token.objectId}`;
    const usage = byUser.get(key) ?? { key, running: 0, isPruned: false };
    if (byUser.size >= PRUNE_ABOVE_USERS) prune();
    byUser.set(key, usage);
    byToken.set(token, usage);
    return usage;
  }

  function prune(): void {
    for (const usage of byUser.values()) {
      if (usage.running > 0) continue;
      usage.isPruned = true;
      byUser.delete(usage.key);
    }
  }

  return {
    enter: (token) => {
      const usage = usageOf(token);
      if (usage.running >= maxStreamsPerUser) return false;
      usage.running += 1;
      return true;
    },
    leave: (token) => {
      usageOf(token).running -= 1;
    },
  };
}
