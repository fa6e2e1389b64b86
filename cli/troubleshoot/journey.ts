// Goes from hop to hop, and stops at the first that fails: what lies behind it cannot be told.
import { errorCode } from '../../observe/index.ts';
import { UNEXPECTED, failed } from './hops.ts';
import type { Failed, Finding, HopName, Outcome } from './hops.ts';

export interface HopReport extends Finding {
  readonly hop: HopName;
  readonly state: Outcome<unknown>['state'];
  readonly durationMs: number;
  /** Of the hop that failed, and of no other. */
  readonly failure?: Failed;
}

export interface Journey {
  readonly hops: readonly HopReport[];
  /** @returns what the probe hands on; undefined where the journey has ended */
  hop<From, To>(
    name: HopName,
    from: From | undefined,
    probe: (from: From) => Promise<Outcome<To>> | Outcome<To>,
  ): Promise<To | undefined>;
}

export function createJourney(): Journey {
  const hops: HopReport[] = [];
  let ended = '';
  return {
    hops,
    hop: async (name, from, probe) => {
      if (from === undefined) {
        hops.push({ hop: name, state: 'skipped', durationMs: 0, message: ended });
        return undefined;
      }
      const begun = performance.now();
      const outcome = await attempt(() => probe(from));
      const durationMs = Math.round(performance.now() - begun);
      const { state, message, facts = {}, notes = [] } = outcome;
      const report = { hop: name, state, durationMs, message, facts, notes };
      hops.push(outcome.state === 'failed' ? { ...report, failure: outcome } : report);
      const value = outcome.state === 'failed' ? undefined : outcome.value;
      if (value === undefined) ended = `${name} ${state === 'failed' ? 'failed' : 'was skipped'}`;
      return value;
    },
  };
}

// A fault of this command is told like any other: the hops before it are still worth reading.
async function attempt<T>(probe: () => Promise<Outcome<T>> | Outcome<T>): Promise<Outcome<T>> {
  try {
    return await probe();
  } catch (error) {
    return failed(UNEXPECTED, {
      message: `this command failed (${errorCode(error)}): ${error instanceof Error ? error.message : 'unknown'}`,
      advice: 'Please report this, with the output of --output json.',
    });
  }
}
