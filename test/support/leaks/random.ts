// Chance that can be repeated: a round that failed fails again with the same seed.

export interface Random {
  /** A whole number in [0, below). */
  below(count: number): number;
  pick<const T>(items: readonly [T, ...T[]]): T;
}

/** mulberry32, a generator of 32 bits of state: enough to vary a test, and nothing else. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return { below, pick: (items) => items[below(items.length)] ?? items[0] };
}
