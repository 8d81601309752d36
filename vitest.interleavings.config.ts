import { defineConfig } from 'vitest/config';
import { reporters } from './scripts/vitest-reporters.ts';

/** Jobs that go through troubles which nobody has thought out, with another seed each time. */
export default defineConfig({
  test: {
    reporters: reporters(),
    include: ['test/workflow/interleavings.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
