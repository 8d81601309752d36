import { defineConfig } from 'vitest/config';
import { reporters } from './scripts/vitest-reporters.ts';

/** Tests on what a production has: Temporal's server on PostgreSQL, facades behind nginx, many workers. */
export default defineConfig({
  test: {
    reporters: reporters(),
    include: ['test/cluster/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 300_000,
    // To compile Temporal's server takes some minutes on a new machine.
    hookTimeout: 1_800_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 1,
  },
});
