/** Tests the secrets that the configuration refers to, instead of containing them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { loadConfig, readMarkerKey, UnusableSecret } from '../../src/config/index.ts';
import { configFiles, REGIONS } from './config-files.ts';

const KEY = 'k'.repeat(32);
const files = configFiles();
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Returns the key of the markers with this `api.secret`. */
async function markerKey(secret: string): Promise<string | null> {
  const { api } = await loadConfig(await files.written(`${REGIONS}\napi: { secret: ${secret} }\n`));
  return readMarkerKey(api.secret);
}

test('api.secret may be in the configuration', async () => {
  expect(await markerKey(KEY)).toBe(KEY);
});

test("api.secret may be in a file, whose path is relative to the configuration's folder", async () => {
  await mkdir(join(files.folder, 'secrets'));
  await writeFile(join(files.folder, 'secrets/api'), `${KEY}\n`);
  expect(await markerKey('{ file: secrets/api }')).toBe(KEY);
});

test('api.secret may be in a variable of the environment', async () => {
  vi.stubEnv('API_SECRET', KEY);
  expect(await markerKey('{ env: API_SECRET }')).toBe(KEY);
});

test.each([
  ['in a file that is not there', '{ file: none }', /^api\.secret: \/.*\/none cannot be read \(ENOENT\)$/],
  ['in a variable that is not set', '{ env: NONE }', /^api\.secret: the environment has no variable NONE$/],
  [
    'in a file that is too short',
    '{ file: short }',
    /^api\.secret: has to be a text of 32 characters or more; \/.*\/short has 31$/,
  ],
  [
    'in a variable that is too short',
    '{ env: API_SECRET }',
    /^api\.secret: has to be a text of 32 characters or more; the variable API_SECRET has 5$/,
  ],
])('api.secret %s is refused, and the place is named', async (_what, secret, message) => {
  await writeFile(join(files.folder, 'short'), KEY.slice(1));
  vi.stubEnv('API_SECRET', 'short');
  const error = await markerKey(secret).catch((one: unknown) => one);
  expect(error).toBeInstanceOf(UnusableSecret);
  expect((error as Error).message).toMatch(message);
});
