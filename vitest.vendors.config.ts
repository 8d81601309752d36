import { defineConfig } from 'vitest/config';
import { reporters } from './scripts/vitest-reporters.ts';

/** Tests by the vendors' own clients, which the run installs, and against a real S3 server. */
export default defineConfig({
  test: {
    reporters: reporters(),
    include: ['test/vendors/**/*.test.ts'],
    globalSetup: [
      'test/support/global-setup.ts',
      'test/s3/support/global-setup.ts',
      'test/vendors/global-setup.ts',
    ],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
