// Runs what is compared in turn, round for round, so that whatever disturbs the machine disturbs all of them.

export interface Turns<E, R> {
  readonly entrant: E;
  /** As many as were asked for; fewer where it failed. */
  readonly rounds: readonly R[];
  /** What ended its part: it has no further turns, the others go on. */
  readonly failure: Error | undefined;
}

export interface InTurnOptions {
  /** Ends the whole run: what `runRound` throws then is thrown on. */
  readonly signal?: AbortSignal;
}

interface Running<E, R> {
  readonly entrant: E;
  readonly rounds: R[];
  failure: Error | undefined;
}

/** In each round another entrant begins: none always runs after the same neighbour. */
export async function inTurn<E, R>(
  entrants: readonly E[],
  rounds: number,
  runRound: (entrant: E, round: number) => Promise<R>,
  { signal }: InTurnOptions = {},
): Promise<readonly Turns<E, R>[]> {
  const all = entrants.map((entrant): Running<E, R> => ({ entrant, rounds: [], failure: undefined }));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < all.length; turn += 1) {
      const next = all[(round + turn) % all.length];
      if (next === undefined || next.failure !== undefined) continue;
      signal?.throwIfAborted();
      try {
        next.rounds.push(await runRound(next.entrant, round));
      } catch (error) {
        signal?.throwIfAborted();
        next.failure = error instanceof Error ? error : new Error(String(error));
      }
    }
  }
  return all;
}
