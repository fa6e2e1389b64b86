// Whether what was moved was right, and whose request moved it.
import type { Check } from '../measure/index.ts';
import { identityChecks } from '../requests/index.ts';
import type { RouteInfo } from '../routes/index.ts';
import type { TransferPlan, TransferRound } from './run-transfer.ts';

/** @param isWhole whether every transfer had to come to its end */
export function transferChecks(
  caseName: string,
  route: RouteInfo,
  plan: TransferPlan,
  rounds: readonly TransferRound[],
  isWhole: boolean,
): readonly Check[] {
  const name = (what: string): string => `${caseName} ${route.name}: ${what}`;
  const wrong = rounds.reduce((sum, round) => sum + round.wrong, 0);
  const bytes = rounds.reduce((sum, round) => sum + round.bytes, 0);
  const ended = rounds.reduce((sum, round) => sum + round.ended, 0);
  const expected = plan.connections * plan.bytesEach * rounds.length;
  return [
    {
      name: name('every byte that arrived was the right one'),
      passed: wrong === 0 && bytes > 0,
      detail: `${wrong} transfers wrong, ${bytes} bytes`,
    },
    ...(isWhole
      ? [
          {
            name: name('every transfer arrived whole'),
            passed: ended === plan.connections * rounds.length && bytes === expected,
            detail: `${ended} transfers, ${bytes} of ${expected} bytes`,
          },
        ]
      : []),
    ...identityChecks({ route, rounds }, name),
  ];
}
