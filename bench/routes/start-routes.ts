// Puts up the routes that are asked for, one after the other, and takes all of them down again whatever happens.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startOrphanGuard } from '../../demo/control-plane/index.ts';
import { GO_DIRECTORIES } from '../../demo/go-tools/index.ts';
import type { ToolSearch } from '../peers/index.ts';
import { awaitAnswer } from './await-answer.ts';
import { startChisel } from './chisel.ts';
import { startDirect } from './direct.ts';
import { startFrp } from './frp.ts';
import { startGoProxy } from './go-proxy.ts';
import { startHttpProxy } from './http-proxy.ts';
import { startKonnectivity } from './konnectivity.ts';
import { startNginx } from './nginx.ts';
import { startRelay } from './relay.ts';
import { startRemotedialer } from './remotedialer.ts';
import type { AbsentRoute, LinkOptions, RelayShape, RouteName, RunningRoute, World } from './route.ts';
import { RouteAbsentError } from './route-start.ts';
import type { RouteContext, RouteStart } from './route-start.ts';
import { startSsh } from './ssh.ts';

export interface RouteOptions {
  readonly link?: LinkOptions;
  readonly relay?: RelayShape;
  /** Where programs of peers are looked for; this process's environment and the usual folders by default. */
  readonly search?: ToolSearch;
}

export interface RunningRoutes extends AsyncDisposable {
  /** In the order in which they were asked for. */
  readonly running: readonly RunningRoute[];
  readonly absent: readonly AbsentRoute[];
}

const STARTS: Readonly<Record<RouteName, RouteStart>> = {
  direct: startDirect,
  nginx: startNginx,
  'go-proxy': startGoProxy,
  'http-proxy': startHttpProxy,
  relay: startRelay,
  chisel: startChisel,
  frp: startFrp,
  remotedialer: startRemotedialer,
  konnectivity: startKonnectivity,
  ssh: startSsh,
};
/** They need nothing but this repo, so that they do not come up is an error. */
const OURS: ReadonlySet<RouteName> = new Set(['direct', 'http-proxy', 'relay']);
/** A port that was free can be taken before the peer binds it. */
const ATTEMPTS = 2;

const DEFAULT_SEARCH: ToolSearch = {
  environment: process.env,
  // Servers are where a user's PATH often does not lead.
  directories: [...GO_DIRECTORIES, '/usr/sbin', '/usr/local/sbin', '/sbin'],
  print: (line) => void process.stderr.write(`bench: ${line}\n`),
};

/**
 * Each route has answered a request by the time it is among the running ones.
 * @throws Error when a route that needs nothing but this repo does not come up
 */
export async function startRoutes(
  world: World,
  names: readonly RouteName[],
  { link, relay, search = DEFAULT_SEARCH }: RouteOptions = {},
): Promise<RunningRoutes> {
  await using resources = new AsyncDisposableStack();
  const root = mkdtempSync(join(world.directory, 'routes-'));
  const guard = startOrphanGuard(root);
  resources.defer(() => {
    guard.release();
    rmSync(root, { recursive: true, force: true });
  });
  const running: RunningRoute[] = [];
  const absent: AbsentRoute[] = [];
  for (const name of names) {
    const contextOf = (): RouteContext => ({
      world,
      directory: mkdtempSync(join(root, `${name}-`)),
      guard,
      link,
      search,
      ...(relay === undefined ? {} : { relay }),
    });
    const route = await startOne(name, contextOf);
    if ('reason' in route) absent.push(route);
    else running.push(resources.use(route));
  }
  const kept = resources.move();
  return { running, absent, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function startOne(name: RouteName, contextOf: () => RouteContext): Promise<RunningRoute | AbsentRoute> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startAnswering(STARTS[name], contextOf());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (OURS.has(name)) throw new Error(`the route ${name} does not come up: ${reason}`, { cause: error });
      if (error instanceof RouteAbsentError || attempt >= ATTEMPTS) return { name, reason };
    }
  }
}

async function startAnswering(start: RouteStart, context: RouteContext): Promise<RunningRoute> {
  await using resources = new AsyncDisposableStack();
  const started = await start(context);
  resources.use(started.route);
  await awaitAnswer(started, context.world);
  resources.move();
  return started.route;
}
