import { defineConfig } from 'vitest/config';

/** Jobs that go through troubles which nobody has thought out, with another seed each time. */
export default defineConfig({
  test: {
    include: ['test/workflow/interleavings.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
