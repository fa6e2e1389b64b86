// What a process holds, with and without its garbage.
import { expect, it } from 'vitest';
import { processMemory } from '../../../bench/processes/process-memory.ts';

const BYTES = 64 * 2 ** 20;

it('tells what is held apart from what is garbage', async () => {
  const before = await processMemory(true);
  let held: Buffer | undefined = Buffer.alloc(BYTES, 1);
  const holding = await processMemory(true);
  expect(holding.externalBytes - before.externalBytes).toBeGreaterThan(BYTES / 2);
  expect(holding.rssBytes).toBeGreaterThan(BYTES);
  expect(held.byteLength).toBe(BYTES);
  held = undefined;
  const after = await processMemory(true);
  expect(after.externalBytes - before.externalBytes).toBeLessThan(BYTES / 2);
});
