// package-lock.json is whole: npm leaves out platform packages that it could not fetch where the lock was made
// (npm/cli#9846), and `npm ci` then refuses on every machine.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ROOT } from './source-files.ts';

const names = z.record(z.string(), z.string()).default({});
const lock = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        resolved: z.string().optional(),
        dependencies: names,
        optionalDependencies: names,
        devDependencies: names,
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));

it('the lock holds every package that another one names, for every platform', () => {
  const missing: string[] = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    const wanted = { ...entry.dependencies, ...entry.optionalDependencies, ...entry.devDependencies };
    for (const name of Object.keys(wanted)) {
      const nested = lock.packages[`${path}/node_modules/${name}`];
      if (nested === undefined && lock.packages[`node_modules/${name}`] === undefined) missing.push(name);
    }
  }
  expect(missing).toEqual([]);
});

it('the lock holds no download address', () => {
  const addressed = Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined);
  expect(addressed).toEqual([]);
});
