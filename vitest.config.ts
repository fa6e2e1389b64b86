import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The real-cluster suite has its own command: npm run test:cluster.
    exclude: ['test/cluster/**', '**/node_modules/**', 'dist/**'],
    // One file waits for the network of the machine itself while the other computes.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
