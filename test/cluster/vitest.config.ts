import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { TallyReporter } from './table/tally.ts';

export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/cluster/**/*.test.ts'],
    // Those that take many minutes: only when they are asked for.
    exclude: process.env['CLUSTER_CONNECT_LONG'] === '1' ? [] : ['test/cluster/**/*.long.test.ts'],
    // One control plane for all files, and one file at a time: they share its objects and two cores.
    globalSetup: ['test/cluster/global-setup.ts'],
    fileParallelism: false,
    // Real clients race with real servers now and then; the reporter names each test that needed its second run.
    retry: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', new TallyReporter()],
  },
});
