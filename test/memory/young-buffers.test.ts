// When buffers outside of V8's heap are given back.
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { countReceived } from '../../memory/index.ts';

const MINOR = constants.NODE_PERFORMANCE_GC_MINOR;
const FORCED = constants.NODE_PERFORMANCE_GC_FLAGS_FORCED;

it('the young generation is collected once for every 6 MiB that were received, with 4 KiB for each buffer, and nothing more than that', async () => {
  const forced: unknown[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if ('detail' in entry && isCollection(entry.detail) && (entry.detail.flags & FORCED) !== 0) {
        forced.push(entry.detail.kind);
      }
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  for (let count = 0; count < 4 * 96; count += 1) countReceived(60 * 1024);
  await expect.poll(() => forced).toEqual([MINOR, MINOR, MINOR, MINOR]);
  observer.disconnect();
});

function isCollection(detail: unknown): detail is { readonly kind: number; readonly flags: number } {
  return typeof detail === 'object' && detail !== null && 'kind' in detail && 'flags' in detail;
}
