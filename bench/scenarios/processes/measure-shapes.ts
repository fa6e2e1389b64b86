// Measures one case at every shape of the gateway, in turn.
import { runCase } from '../../requests/index.ts';
import type { LostRoute, MeasuredRoute, Pace, RequestCase, Stage } from '../../requests/index.ts';
import type { RunContext } from '../../scenario.ts';
import { requestsOf, SHAPES } from './shapes.ts';
import type { CountedRequests, Shape } from './shapes.ts';

export interface MeasuredShape {
  readonly shape: Shape;
  /** Its case is named after the shape, too. */
  readonly route: MeasuredRoute;
  /** By the gateway's own counters, settling included. */
  readonly carried: CountedRequests;
}

export interface ShapesRun {
  readonly measured: readonly MeasuredShape[];
  readonly lost: readonly LostRoute[];
}

/** Of the case in which nobody says who he is. */
export const REFUSED = 'refused';

export async function measureShapes(
  one: RequestCase,
  stage: Stage,
  pace: Pace,
  context: RunContext,
): Promise<ShapesRun> {
  const headers = one.name === REFUSED ? withoutToken(stage.headers) : stage.headers;
  const warmUp = { ...pace, rounds: 1, settleMs: 0, roundMs: 1 };
  for (const route of stage.routes) {
    // Each for itself: to the stage they are one route, and all of them are to be warm.
    const alone = { ...stage, headers, routes: [route], warm: new Set<string>() };
    await runCase(one, alone, warmUp, { ...context, profileDir: undefined });
  }
  const before = await Promise.all(stage.routes.map(requestsOf));
  const { measured, lost } = await runCase(one, { ...stage, headers }, pace, context);
  const after = await Promise.all(stage.routes.map(requestsOf));
  return {
    measured: stage.routes.flatMap(({ info }, index) => {
      const found = measured.find(({ route }) => route.title === info.title);
      const shape = SHAPES.find(({ title }) => title === info.title);
      if (found === undefined || shape === undefined) return [];
      const carried = {
        all: (after[index]?.all ?? 0) - (before[index]?.all ?? 0),
        viaPeer: (after[index]?.viaPeer ?? 0) - (before[index]?.viaPeer ?? 0),
      };
      return [{ shape, route: { ...found, case: { ...one, name: `${one.name}-${shape.name}` } }, carried }];
    }),
    lost,
  };
}

function withoutToken(headers: readonly string[]): readonly string[] {
  const at = headers.indexOf('authorization');
  return headers.toSpliced(at, 2);
}
