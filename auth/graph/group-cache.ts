// What Graph said about whom, bounded by principals and by ids; and who could not be looked up a moment ago.
import type { AuthError } from '../auth-error.ts';
import type { GraphLimits } from './limits.ts';

export interface KnownGroups {
  readonly groups: readonly string[];
  readonly ageMs: number;
}

export interface GroupCache {
  /** Not older than what may be used at all. */
  get(key: string): KnownGroups | undefined;
  set(key: string, groups: readonly string[]): void;
  delete(key: string): void;
  failure(key: string): AuthError | undefined;
  setFailure(key: string, error: AuthError): void;
}

interface Entry {
  readonly groups: readonly string[];
  readonly atMs: number;
}

interface Failure {
  readonly error: AuthError;
  readonly atMs: number;
}

/** Maps keep the order of their last use: the first one is the one to go. */
export function createGroupCache(limits: GraphLimits): GroupCache {
  const entries = new Map<string, Entry>();
  const failures = new Map<string, Failure>();
  let ids = 0;

  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    ids -= entry.groups.length;
  }

  function isFull(): boolean {
    return entries.size > limits.MAX_CACHED_PRINCIPALS || ids > limits.MAX_CACHED_IDS;
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      const ageMs = elapsedSince(entry.atMs);
      entries.delete(key);
      if (ageMs >= limits.STALE_MS) {
        ids -= entry.groups.length;
        return undefined;
      }
      entries.set(key, entry);
      return { groups: entry.groups, ageMs };
    },
    set(key, groups) {
      remove(key);
      failures.delete(key);
      entries.set(key, { groups, atMs: Date.now() });
      ids += groups.length;
      for (const oldest of entries.keys()) {
        if (!isFull()) break;
        remove(oldest);
      }
    },
    delete: remove,
    failure(key) {
      const failure = failures.get(key);
      if (failure === undefined || elapsedSince(failure.atMs) < limits.FAILURE_MS) return failure?.error;
      failures.delete(key);
      return undefined;
    },
    setFailure(key, error) {
      failures.delete(key);
      if (failures.size >= limits.MAX_REMEMBERED_FAILURES) {
        for (const oldest of failures.keys()) {
          failures.delete(oldest);
          break;
        }
      }
      failures.set(key, { error, atMs: Date.now() });
    },
  };
}

/** A clock that was set back must not stretch a wait: then the moment counts as long ago. */
function elapsedSince(momentMs: number): number {
  const elapsed = Date.now() - momentMs;
  return elapsed < 0 ? Infinity : elapsed;
}
