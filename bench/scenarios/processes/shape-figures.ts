// Figures and checks of one shape of the gateway.
import { figure } from '../../measure/index.ts';
import type { Check, Figure } from '../../measure/index.ts';
import { checksOf, figureName, figuresOf } from '../../requests/index.ts';
import { REFUSED } from './measure-shapes.ts';
import type { MeasuredShape } from './measure-shapes.ts';

const PERCENT = 100;

export function figuresOfShape({ route, carried }: MeasuredShape): readonly Figure[] {
  const shares = carried.all === 0 ? [] : [(carried.viaPeer / carried.all) * PERCENT];
  return [
    ...figuresOf(route),
    ...shares.map((share) =>
      figure(figureName(route.case.name, 'relay', 'viaPeer'), '% of requests', false, [share]),
    ),
  ];
}

export function checksOfShape(measured: MeasuredShape): readonly Check[] {
  const { route } = measured;
  return route.case.name.startsWith(REFUSED)
    ? [refusalCheck(measured)]
    : [...checksOf(route, { countsEveryRequest: true }), wayCheck(measured)];
}

/** To the load, which waits for a 200, each of these answers is a wrong one. */
function refusalCheck({ route, carried }: MeasuredShape): Check {
  const total = (value: (round: (typeof route.rounds)[number]) => number): number =>
    route.rounds.reduce((sum, round) => sum + value(round), 0);
  const requests = total(({ load }) => load.requests);
  const refused = total(({ load }) => load.wrongAnswers);
  const seen = total(({ sightings }) => sightings.requests) + carried.all;
  return {
    name: `${route.case.name} relay: the gateway itself refuses every request`,
    passed: requests > 0 && refused === requests && seen === 0,
    detail: `${refused} of ${requests} refused, ${seen} carried`,
  };
}

function wayCheck({ shape, route, carried }: MeasuredShape): Check {
  const { gatewayProcesses = 1, tunnels } = shape.relay;
  const isRight = gatewayProcesses > 1 ? tunnels !== 1 || carried.viaPeer > 0 : carried.viaPeer === 0;
  return {
    name: `${route.case.name} relay: requests take the way that is measured`,
    passed: carried.all > 0 && isRight,
    detail: `${carried.viaPeer} of ${carried.all} through a process without the tunnel`,
  };
}
