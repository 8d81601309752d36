import { defineConfig } from 'vitest/config';
import { reporters } from './scripts/vitest-reporters.ts';

export default defineConfig({
  test: {
    reporters: reporters(),
    include: ['test/**/*.test.ts'],
    // They have servers, or cases, of their own, and configurations.
    exclude: [
      'test/cluster/**',
      'test/openstack/**',
      'test/packaging/**',
      'test/s3/**',
      'test/security/**',
      'test/vendors/**',
      'test/workflow/interleavings.test.ts',
    ],
    globalSetup: ['test/support/global-setup.ts'],
    // Real servers and processes on machines of any speed: a hang is found, slowness is none.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 3,
  },
});
