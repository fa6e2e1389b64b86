// What a route is given to come up with, and what it hands to whoever waits for its first answer.
import type { LoggedProcess, OrphanGuard } from '../../demo/control-plane/index.ts';
import type { ToolSearch } from '../peers/index.ts';
import type { LinkOptions, RelayShape, RunningRoute, World } from './route.ts';

export interface RouteContext {
  readonly world: World;
  /** Of this route alone; removed with it. */
  readonly directory: string;
  /** Ends the processes that are not Node.js children of the bench when the bench is killed. */
  readonly guard: OrphanGuard;
  readonly link: LinkOptions | undefined;
  readonly search: ToolSearch;
  /** Only our own route has a shape of its own. */
  readonly relay?: RelayShape;
}

export interface StartedRoute {
  readonly route: RunningRoute;
  /** Its processes that are not Node.js children of the bench. */
  readonly watched: readonly LoggedProcess[];
}

export type RouteStart = (context: RouteContext) => Promise<StartedRoute>;

/** The route cannot be had on this machine: no second attempt would change that. */
export class RouteAbsentError extends Error {}
