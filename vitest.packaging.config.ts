import { defineConfig } from 'vitest/config';
import { reporters } from './scripts/vitest-reporters.ts';

/** Tests of what an operator installs: the package, the container image, units, charts. */
export default defineConfig({
  test: {
    reporters: reporters(),
    include: ['test/packaging/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 300_000,
    // To compile the tools that check a chart takes some minutes on a new machine.
    hookTimeout: 900_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
  },
});
