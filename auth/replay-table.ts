// Ids that were used, until what they stand for expires by itself: an assertion opens one tunnel, once; the nonce of a
// proof-of-possession token stays with whoever used it first.
// Bounded for each owner and in all, so that one agent's storm cannot lock out another's.

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

  function dropExpired(owner: string, ids: Map<string, Claim>): void {
    const nowMs = Date.now();
    for (const [id, { expiresAtMs }] of ids) {
      if (expiresAtMs > nowMs) continue;
      ids.delete(id);
      entries -= 1;
    }
    if (ids.size === 0) owners.delete(owner);
  }

  return {
    claim(owner, id, expiresAtMs, holder) {
      const known = owners.get(owner);
      if (known !== undefined) dropExpired(owner, known);
      const ids = owners.get(owner) ?? new Map<string, Claim>();
      const before = ids.get(id);
      if (before !== undefined)
        return holder !== undefined && before.holder === holder ? 'fresh' : 'replayed';
      if (entries >= maxEntries) for (const [other, otherIds] of owners) dropExpired(other, otherIds);
      if (entries >= maxEntries || ids.size >= maxEntriesPerOwner) return 'full';
      ids.set(id, { expiresAtMs, holder });
      owners.set(owner, ids);
      entries += 1;
      return 'fresh';
    },
  };
}
