// Where ids that may be used once are remembered: one memory for all places at which one of them could be used.
import {
  MAX_POP_NONCES,
  MAX_POP_NONCES_PER_USER,
  MAX_REPLAY_ENTRIES,
  MAX_REPLAY_ENTRIES_PER_CLUSTER,
} from './limits.ts';
import { createReplayTable } from './replay-table.ts';
import type { ReplayVerdict } from './replay-table.ts';

/** As ReplayTable, which may be in another process. */
export interface ReplayMemory {
  /** A claim that cannot be decided is `full`: a refusal. */
  claim(
    owner: string,
    id: string,
    expiresAtMs: number,
    holder?: string,
  ): Promise<ReplayVerdict> | ReplayVerdict;
}

/** Of agents' assertions, by cluster: a table in this process, with its bounds. */
export function createAssertionMemory(): ReplayMemory {
  return createReplayTable(MAX_REPLAY_ENTRIES, MAX_REPLAY_ENTRIES_PER_CLUSTER);
}

/** Of the nonces of proof-of-possession tokens, by user: a table in this process, with its bounds. */
export function createNonceMemory(): ReplayMemory {
  return createReplayTable(MAX_POP_NONCES, MAX_POP_NONCES_PER_USER);
}
