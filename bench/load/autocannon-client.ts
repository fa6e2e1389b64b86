// autocannon, to check the light client against a load that others know. Its own report rounds to milliseconds, so
// latencies come from its `response` event. It has no way to verify the server's certificate.
import autocannon from 'autocannon';
import type { LoadClient, LoadSpec } from './load-client.ts';
import { LatencyRecorder } from './latency-recorder.ts';

/** How often it looks whether the time is over. */
const SAMPLE_MS = 50;
/** It opens its connections in each run: shorter ones may be over before the first answer. */
const MIN_RUN_MS = 1000;

export function createAutocannonClient(spec: LoadSpec): LoadClient {
  const headers: Record<string, string> = {};
  for (let at = 0; at < spec.headers.length; at += 2)
    headers[spec.headers[at] ?? ''] = spec.headers[at + 1] ?? '';
  const latencies = new LatencyRecorder();
  return {
    // It opens its connections itself, at the start of each round.
    open: () => Promise.resolve(),
    run: (durationMs) =>
      new Promise((resolve, reject) => {
        const cpuAtStart = process.cpuUsage();
        latencies.clear();
        let firstMs = Infinity;
        let lastMs = 0;
        const instance = autocannon(
          {
            url: `https://${spec.host}:${spec.port}${spec.path}`,
            connections: spec.connections,
            duration: Math.max(durationMs, MIN_RUN_MS) / 1000,
            sampleInt: SAMPLE_MS,
            headers,
            ...(spec.serverName === '' ? {} : { servername: spec.serverName }),
            expectBody: spec.expectedBody,
          },
          (error, result) => {
            if (error !== null && error !== undefined) return reject(error);
            const cpu = process.cpuUsage(cpuAtStart);
            if (result.errors > 0) return reject(new Error(`autocannon lost ${result.errors} requests`));
            if (latencies.size === 0) return reject(new Error('autocannon got no answer'));
            resolve({
              requests: latencies.size,
              elapsedMs: lastMs - firstMs,
              ...latencies.summary(),
              cpuUs: cpu.user + cpu.system,
              wrongAnswers: result.non2xx,
              // It compares every body.
              hashedBodies: latencies.size,
              wrongBodies: result.mismatches,
              resumed: 0,
            });
          },
        );
        instance.on('response', (_client, _status, _bytes, milliseconds) => {
          lastMs = performance.now();
          firstMs = Math.min(firstMs, lastMs);
          latencies.record(milliseconds);
        });
      }),
    close: () => undefined,
  };
}
