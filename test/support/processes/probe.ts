// Loaded into a process under test with `--import`: answers its parent's questions about memory, descriptors and objects.
// The product knows nothing of it. Needs `--expose-gc`.
import { readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { questionSchema } from './measurement.ts';
import type { CountedClass, Measurement } from './measurement.ts';

/** A collection lets finalizers run, whose garbage only the next one takes. */
const COLLECTIONS = 4;
/** Linux and macOS have it. */
const DESCRIPTORS = '/dev/fd';

async function measure(classes: readonly CountedClass[]): Promise<Measurement> {
  const instances: Record<string, number> = {};
  for (const one of classes) {
    instances[one.name] = await countInstances(one);
    // Each count stops the process for a while: in between it answers its tunnels' pings.
    await turn();
  }
  // Asked for no class, it is only a look: a collection stops the process for long.
  for (let time = 0; classes.length > 0 && time < COLLECTIONS; time += 1) {
    await turn();
    globalThis.gc?.();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  return {
    // Without the one that reads the directory.
    descriptors: readdirSync(DESCRIPTORS).length - 1,
    heapUsedBytes: heapUsed,
    externalBytes: external,
    rssBytes: rss,
    resources,
    instances,
  };
}

async function countInstances({ module, name }: CountedClass): Promise<number> {
  const exported: unknown = Reflect.get(await import(module), name);
  if (typeof exported !== 'function') throw new TypeError(`${module} has no class ${name}`);
  // The constructor is asked about by its prototype; one that inherits from it would count too.
  return queryObjects(exported, { format: 'count' });
}

process.on('message', (message) => {
  const { id, classes } = questionSchema.parse(message);
  void measure(classes).then((measurement) => process.send?.({ id, measurement }));
});
// Whoever asks must not keep a service alive that wants to end; and none outlives its test.
process.channel?.unref();
process.once('disconnect', () => process.exit(1));
