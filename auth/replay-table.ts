// Ids of assertions that were used, until they expire by themselves: each assertion opens one tunnel, once.
// Bounded for each owner and in all, so that one agent's storm cannot lock out another's.

export type ReplayVerdict = 'fresh' | 'replayed' | 'full';

export interface ReplayTable {
  /** Takes the id for `owner` until `expiresAtMs`; `full` when it cannot be remembered, which is a refusal too. */
  claim(owner: string, id: string, expiresAtMs: number): ReplayVerdict;
}

export function createReplayTable(maxEntries: number, maxEntriesPerOwner: number): ReplayTable {
  const owners = new Map<string, Map<string, number>>();
  let entries = 0;

  function dropExpired(owner: string, ids: Map<string, number>): void {
    const nowMs = Date.now();
    for (const [id, expiresAtMs] of ids) {
      if (expiresAtMs > nowMs) continue;
      ids.delete(id);
      entries -= 1;
    }
    if (ids.size === 0) owners.delete(owner);
  }

  return {
    claim(owner, id, expiresAtMs) {
      const known = owners.get(owner);
      if (known !== undefined) dropExpired(owner, known);
      const ids = owners.get(owner) ?? new Map<string, number>();
      if (ids.has(id)) return 'replayed';
      if (entries >= maxEntries) for (const [other, otherIds] of owners) dropExpired(other, otherIds);
      if (entries >= maxEntries || ids.size >= maxEntriesPerOwner) return 'full';
      ids.set(id, expiresAtMs);
      owners.set(owner, ids);
      entries += 1;
      return 'fresh';
    },
  };
}
