/**
 * Tests the facade with schemathesis. It makes good and bad requests from `/openapi.json`, and compares the
 * answers with that file.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXAMPLE } from '../../src/api/examples.ts';
import { type TaskRig, taskRig } from '../tasks/support.ts';

/** The same seed finds the same faults again, given the same time. The budget is the seconds for each run. */
const { SECURITY_SEED = '1', SECURITY_BUDGET = '40' } = process.env;

/** The number of calls that are left out, which is only the stream of events. */
const LEFT_OUT = 1;

let rig: TaskRig;
let program: string;
beforeAll(async () => {
  program = execFileSync(join(import.meta.dirname, 'install.sh'), { encoding: 'utf8' }).trim();
  rig = await taskRig({
    regions: ['ot1', 'ot2', 'nas', 'bucket'],
    config: {
      // Only the limit of open jobs is low, because jobs last longer than the requests that start them.
      tenant_limits: { requests_per_second: 1_000_000, concurrent_requests: 1000, open_jobs: 20 },
    },
  });
  await addExample();
  await rig.put('bucket', 'set-1/a-file', 1000);
  await Promise.all([rig.deployment.startApi(), rig.deployment.startWorker()]);
});
afterAll(() => rig?.deployment.stop());

/** Makes the image that the examples of the description name. */
async function addExample(): Promise<void> {
  const { folder } = rig.deployment;
  const { id } = await rig.deployment.addImage('ot1', 1000, { owner: EXAMPLE.tenant });
  const record = join(folder, 'ot1', id, 'image.json');
  await writeFile(record, (await readFile(record, 'utf8')).replaceAll(id, EXAMPLE.image));
  await rename(join(folder, 'ot1', id), join(folder, 'ot1', EXAMPLE.image));
}

async function run(...headers: string[]): Promise<{ code: number | null; output: string }> {
  const config = ['--config-file', join(import.meta.dirname, 'schemathesis.toml'), '--no-color'];
  const bounds = ['--max-time', SECURITY_BUDGET, '--seed', SECURITY_SEED];
  const requests = headers.flatMap((header) => ['--header', header]);
  const url = `${rig.deployment.apiUrl}/openapi.json`;
  const child = spawn(program, [...config, 'run', url, ...bounds, ...requests], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: rig.deployment.folder,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

test.each<[string, () => string[]]>([
  ['with a token', () => [`X-Auth-Token: ${rig.deployment.tokens.a}`]],
  ['without a token', () => []],
])('every answer to a generated request %s is as described', async (who, headers) => {
  const { code, output } = await run(...headers());
  const [cases] = /\d+ generated/.exec(output) ?? [];
  console.info(`requests ${who}: ${cases}, seed ${SECURITY_SEED}, ${SECURITY_BUDGET} s`);
  expect(code, output).toBe(0);
  const [, selected, all, tested] = /Selected: (\d+)\/(\d+)\n +Tested: (\d+)\n/.exec(output) ?? [];
  expect([Number(selected), tested], output).toEqual([Number(all) - LEFT_OUT, selected]);
});
