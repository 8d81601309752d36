/** Tests the description of the API with two linters. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { send } from '../support/http.ts';

const ROOT = join(import.meta.dirname, '../..');
/** This linter has more packages than all other tools together, so only this test fetches it. */
const SPECTRAL = '@stoplight/spectral-cli@6.16.3';

let deployment: Deployment;
let file: string;
beforeAll(async () => {
  deployment = await deploy();
  await deployment.startApi();
  file = join(deployment.folder, 'openapi.json');
  await writeFile(file, (await send(`${deployment.apiUrl}/openapi.json`)).text);
});
afterAll(() => deployment?.stop());

/** Runs a linter. Never rejects. */
async function lint(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const env = { ...process.env, ...quiet, npm_config_ignore_scripts: 'true' };
  const options = { env, cwd: deployment.folder };
  return promisify(execFile)(program, [...args, file], options).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: `${stdout}${stderr}` }),
  );
}

test('redocly finds no fault in the description, with its strictest rules', async () => {
  const args = ['lint', '--extends', 'recommended-strict'];
  const { code, output } = await lint(join(ROOT, 'node_modules/.bin/redocly'), args);
  expect(code, output).toBe(0);
  expect(output).toContain('is valid');
});

test('spectral finds no fault in the description', async () => {
  const rules = join(import.meta.dirname, 'spectral.yaml');
  const args = ['--yes', SPECTRAL, 'lint', '--fail-severity', 'hint', '--ruleset', rules];
  const { code, output } = await lint('npx', args);
  expect(code, output).toBe(0);
  expect(output).toContain('No results');
});
