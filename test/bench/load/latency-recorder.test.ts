import { expect, it } from 'vitest';
import { LatencyRecorder } from '../../../bench/load/latency-recorder.ts';

it('summarizes milliseconds as microseconds, sorted as numbers', () => {
  const latencies = new LatencyRecorder(4);
  for (const milliseconds of [10, 2, 0.5, 1]) latencies.record(milliseconds);
  expect(latencies.summary()).toEqual({ p50Us: 1000, p99Us: 10_000, maxUs: 10_000 });
});

it('forgets a round when the next one begins', () => {
  const latencies = new LatencyRecorder(2);
  latencies.record(9);
  latencies.clear();
  latencies.record(1);
  expect(latencies.size).toBe(1);
  expect(latencies.summary().maxUs).toBe(1000);
});

it('refuses more than it has room for, instead of telling a wrong percentile', () => {
  const latencies = new LatencyRecorder(1);
  latencies.record(1);
  expect(() => latencies.record(1)).toThrow(RangeError);
});
