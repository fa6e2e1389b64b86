// A stream ends with the token that it was opened with: when that expires, and when it is put on the deny list (security U7).
import type { DenyList } from '../../auth/index.ts';
import type { LiveSet } from '../../memory/index.ts';
import type { Carry } from './carry.ts';

export interface TokenEndsOptions {
  readonly running: LiveSet<Carry>;
  readonly denyList: DenyList | undefined;
  /** How long a stream may outlive its token. */
  readonly graceMs: number;
  /** How late a stream may learn of it. */
  readonly everyMs: number;
}

// The agent ends a stream first, by the settings of its cluster: this is for one that does not.
const AFTER_THE_AGENT_MS = 5000;

/** One sweep for all: a timer for each request would cost more than the request. @returns ends the watch */
export function endStreamsWithTokens({ running, denyList, graceMs, everyMs }: TokenEndsOptions): () => void {
  const sweep = (): void => {
    const over = Date.now() - graceMs - AFTER_THE_AGENT_MS;
    for (const carry of running) {
      if (carry.token.expiresAtMs <= over) carry.giveUp('TOKEN_EXPIRED');
      else if (denyList?.denies(carry.token) === true) carry.giveUp('TOKEN_DENIED');
    }
  };
  const timer = setInterval(sweep, everyMs);
  timer.unref();
  denyList?.onChange(sweep);
  return () => clearInterval(timer);
}
