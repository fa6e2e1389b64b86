// Ids that were used, until what they stand for expires by itself: an assertion opens one tunnel, once; the nonce of a
// proof-of-possession token stays with whoever used it first.
// Bounded for each owner and in all, so that one agent's storm cannot lock out another's.

import { REPLAY_SQUEEZE_MS, REPLAY_SWEEP_MS } from './limits.ts';

export type ReplayVerdict = 'fresh' | 'replayed' | 'full';

export interface ReplayTable {
  /**
   * Takes the id for `owner` until `expiresAtMs`; `full` when it cannot be remembered, which is a refusal too.
   *
   * @param holder whoever has claimed the id with the same text may do so again; without one the first claim is the only one
   */
  claim(owner: string, id: string, expiresAtMs: number, holder?: string): ReplayVerdict;
}

interface Claim {
  readonly expiresAtMs: number;
  readonly holder: string | undefined;
}

export function createReplayTable(maxEntries: number, maxEntriesPerOwner: number): ReplayTable {
  const owners = new Map<string, Map<string, Claim>>();
  let entries = 0;
  let sweptAtMs = Date.now();

  /** A look at all of them: not more often than that, or whoever fills the table would make each claim a walk through it. */
  function sweep(nowMs: number, notWithinMs: number): void {
    // A clock that was set back must not stop it.
    if (nowMs >= sweptAtMs && nowMs - sweptAtMs < notWithinMs) return;
    sweptAtMs = nowMs;
    for (const [owner, ids] of owners) {
      for (const [id, { expiresAtMs }] of ids) {
        if (expiresAtMs > nowMs) continue;
        ids.delete(id);
        entries -= 1;
      }
      if (ids.size === 0) owners.delete(owner);
    }
  }

  const isFull = (owner: string): boolean =>
    entries >= maxEntries || (owners.get(owner)?.size ?? 0) >= maxEntriesPerOwner;

  return {
    claim(owner, id, expiresAtMs, holder) {
      const nowMs = Date.now();
      const before = owners.get(owner)?.get(id);
      if (before !== undefined && before.expiresAtMs > nowMs) {
        return holder !== undefined && before.holder === holder ? 'fresh' : 'replayed';
      }
      sweep(nowMs, isFull(owner) ? REPLAY_SQUEEZE_MS : REPLAY_SWEEP_MS);
      if (isFull(owner)) return 'full';
      const ids = owners.get(owner) ?? new Map<string, Claim>();
      if (!ids.has(id)) entries += 1;
      ids.set(id, { expiresAtMs, holder });
      owners.set(owner, ids);
      return 'fresh';
    },
  };
}
