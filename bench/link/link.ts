// A delaying relay in a process of its own, so that what it costs falls on nobody who is measured.
import { z } from 'zod';
import { startChild } from '../processes/index.ts';

export interface Link extends AsyncDisposable {
  /** Stands for the target's port. */
  readonly port: number;
}

/** @param roundTripMs 0 or more */
export async function startLink(
  targetPort: number,
  { roundTripMs }: { readonly roundTripMs: number },
): Promise<Link> {
  await using resources = new AsyncDisposableStack();
  const child = startChild('link', 'link');
  resources.defer(() => child.stop());
  const { port } = await child.call('start', { targetPort, roundTripMs }, z.object({ port: z.int() }));
  const kept = resources.move();
  return { port, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
