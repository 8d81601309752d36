import { defineConfig } from 'vitest/config';
import { reporters } from './scripts/vitest-reporters.ts';

/** Tests against a real S3 server, which the run installs and starts. */
export default defineConfig({
  test: {
    reporters: reporters(),
    include: ['test/s3/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/s3/support/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
