// Made-up results for the tests of what is made of them.
import { figure } from '../../bench/measure/index.ts';
import type { Figure } from '../../bench/measure/index.ts';
import type { BenchResult } from '../../bench/result-file.ts';

export const THROUGHPUT: Figure = figure('http1-1.relay.throughput', 'requests/s', true, [100, 110, 120]);

export function resultOf(overrides: Partial<BenchResult> = {}): BenchResult {
  return {
    bench: 'small',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1000,
    machine: {
      commit: 'c0ffee',
      changed: false,
      node: 'v24.0.0',
      platform: 'linux x64',
      kernel: '6.1.0',
      cpuModel: 'a CPU',
      cpuCount: 2,
      memoryBytes: 8e9,
      loadAverage: 0,
    },
    settings: { rounds: 3 },
    versions: { relay: 'Node v24.0.0' },
    figures: [THROUGHPUT],
    comparisons: [],
    targets: [],
    absent: [],
    verification: { passed: true, checks: [{ name: 'right', passed: true, detail: '' }] },
    notes: [],
    ...overrides,
  };
}
