import { defineConfig } from 'vitest/config';
import { reporters } from './scripts/vitest-reporters.ts';

/** Tests against a real Keystone and real Glances, which the run installs and starts. */
export default defineConfig({
  test: {
    reporters: reporters(),
    include: ['test/openstack/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/openstack/support/global-setup.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
  },
});
