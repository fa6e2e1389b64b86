// A CPU profile of gateway and agent beside what is measured.
import type { RunningRoute } from '../routes/index.ts';
import { relayOf } from './relay-route.ts';

/** @param file the profiles' place and the beginning of their names; nothing is profiled where it is undefined, and of other routes than the relay */
export async function profiled<T>(
  route: RunningRoute,
  file: string | undefined,
  run: () => Promise<T>,
): Promise<T> {
  const relay = file === undefined ? undefined : relayOf(route);
  if (relay === undefined) return run();
  const profiles = await Promise.all(
    [relay.gateway, relay.agent].map(async (child) => ({ name: child.name, finish: await child.profile() })),
  );
  const result = await run();
  for (const { name, finish } of profiles) await finish(`${file}.${name}.cpuprofile`);
  return result;
}
