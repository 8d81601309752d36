/** Tests the Dockerfile. */
import { beforeAll, expect, test } from 'vitest';
import { run } from './support/run.ts';
import { installTools, type Tools } from './support/tools.ts';

let tools: Tools;
beforeAll(async () => {
  tools = await installTools();
});

test('hadolint finds nothing wrong with the Dockerfile', async () => {
  expect(await run(tools.hadolint, ['Dockerfile'])).toBe('');
});
