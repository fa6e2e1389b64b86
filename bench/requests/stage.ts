// What a scenario of requests stands on: the bed, the routes, and who asks. Down again on an interrupt, whatever runs.
import { mkdir } from 'node:fs/promises';
import { startBed } from '../bed/index.ts';
import type { BedParts } from '../bed/index.ts';
import type { Child } from '../processes/index.ts';
import { ROUTES, startRoutes } from '../routes/index.ts';
import type { AbsentRoute, LinkOptions, RouteName, RunningRoute, World } from '../routes/index.ts';
import type { RunContext } from '../scenario.ts';

export interface Stage extends AsyncDisposable {
  readonly world: World;
  readonly load: Child;
  readonly apiserver: Child;
  readonly routes: readonly RunningRoute[];
  readonly absent: readonly AbsentRoute[];
  /** Of every request, as kubectl sends them: name and value in turn. */
  readonly headers: readonly string[];
  /** `route protocol` of what has been warmed up. */
  readonly warm: Set<string>;
}

/** Those that need nothing but Node.js and Go, and show the most. */
const QUICK_ROUTES: readonly RouteName[] = ['direct', 'go-proxy', 'http-proxy', 'relay'];

/** @throws Error when the stand-in or a route that needs nothing but Node.js does not come up */
export async function openStage(
  routes: readonly RouteName[],
  context: RunContext,
  link?: LinkOptions,
  parts?: BedParts,
): Promise<Stage> {
  const { signal, profileDir } = context;
  signal.throwIfAborted();
  if (profileDir !== undefined) await mkdir(profileDir, { recursive: true });
  await using resources = new AsyncDisposableStack();
  const bed = resources.use(await startBed(parts));
  const { world, load, apiserver } = bed;
  const started = resources.use(
    await startRoutes(world, wanted(routes, context), link === undefined ? {} : { link }),
  );
  // Whoever interrupts gets an error from the load that ended, and everything is taken down on the way out.
  const interrupt = (): void => void load.stop();
  signal.addEventListener('abort', interrupt);
  resources.defer(() => signal.removeEventListener('abort', interrupt));
  signal.throwIfAborted();
  const kept = resources.move();
  return {
    world,
    load,
    apiserver,
    routes: started.running,
    absent: started.absent,
    headers: headersOf(world),
    warm: new Set(),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What the routes of a stage are: for the versions of an outcome. */
export function versionsOf({ routes }: Stage): Readonly<Record<string, string>> {
  return Object.fromEntries(routes.map(({ info, version }) => [info.name, version]));
}

/** What every result of a stage says about itself. */
export function stageSettings({ world }: Stage): Readonly<Record<string, string | number>> {
  return {
    tokenBytes: world.identity.token.length,
    tokenGroups: world.identity.groupCount,
    pinning:
      'none: on few cores the scheduler does better, and the CPU time of every process is accounted for',
  };
}

function wanted(routes: readonly RouteName[], context: RunContext): readonly RouteName[] {
  const isAsked = context.routes.length < ROUTES.length;
  return routes.filter(
    (name) => context.routes.includes(name) && (isAsked || !context.quick || QUICK_ROUTES.includes(name)),
  );
}

function headersOf({ identity }: World): readonly string[] {
  return [
    'accept',
    'application/json',
    'accept-encoding',
    'gzip',
    'authorization',
    `Bearer ${identity.token}`,
    'user-agent',
    'kubectl/v1.34.0 (linux/amd64) kubernetes/f28b4c9',
  ];
}
