import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { startJob } from '../support/jobs.ts';
import { openTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';

let deployment: Deployment;
let image: string;
beforeAll(async () => {
  deployment = await deploy();
  await deployment.startSlowWorker(500);
  image = (await deployment.addImage('ot1', 128 * MIB, { name: 'ubuntu' })).id;
});
afterAll(() => deployment.stop());

const terminal = (columns: number, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  openTerminal(columns, process.execPath, [MAIN, ...args], { ...deployment.env, NO_COLOR: '', ...env });

test('the bar fits one line of 60 columns; after Ctrl-C the cursor is shown again and the job goes on', async () => {
  const jobId = await startJob(deployment, image);
  const watching = terminal(60, ['watch', jobId]);
  await until(() => watching.output().split(/ [1-9]\d?% /).length > 3);
  expect(watching.output()).toContain(HIDE_CURSOR);
  watching.type('\x03');
  expect(await watching.ended()).toBe(130);
  const output = watching.output();
  expect(output.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(output.lastIndexOf(HIDE_CURSOR));
  expect(output).toContain(`the job goes on; watch it with: image-replicator watch ${jobId}`);
  // A terminal also echoes what is typed.
  const bars = output
    .replaceAll('^C', '')
    .split('\r')
    .map(stripVTControlCharacters)
    .filter((text) => text.includes('░'));
  expect(bars.length).toBeGreaterThan(1);
  for (const bar of bars) expect(stringWidth(bar.split('\n')[0] ?? '')).toBeLessThan(60);
  const { status } = JSON.parse((await deployment.command('--json', 'show', jobId)).stdout);
  expect(['replicate_requested', 'replicating']).toContain(status);
  await deployment.command('cancel', jobId);
});

test('`images add` shows its progress', async () => {
  const file = join(deployment.folder, 'large.raw');
  await writeFile(file, Buffer.alloc(8 * MIB));
  const adding = terminal(80, ['images', 'add', file, '--region', 'ot2']);
  expect(await adding.ended()).toBe(0);
  expect(adding.output()).toMatch(/░ \d+% {2}[\d.]+ \wiB \/ 8.0 MiB .* adding/);
  expect(adding.output()).toContain('large.raw');
});

test.each([60, 80, 200])('`list` fits a terminal of %d columns and shows whole ids', async (columns) => {
  const jobId = await startJob(deployment, image);
  await until(async () => (await deployment.command('list', '-o', 'name')).stdout.includes(jobId));
  const listing = terminal(columns, ['list']);
  expect(await listing.ended()).toBe(0);
  const lines = stripVTControlCharacters(listing.output()).trim().split(/\r?\n/);
  expect(lines[0]).toMatch(/^JOB +STATUS/);
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
  expect(lines.some((line) => line.startsWith(jobId))).toBe(true);
  if (columns === 200) expect(lines[0]).toMatch(/RATE +AGE +DURATION +FROM +TO +TENANT +IMAGE$/);
  await deployment.command('cancel', jobId);
});

test('colours are used only on a terminal, and not if NO_COLOR is set', async () => {
  const listing = terminal(120, ['list']);
  await listing.ended();
  expect(listing.output()).toContain('\x1b[1m');
  const plain = terminal(120, ['list'], { NO_COLOR: '1' });
  await plain.ended();
  expect(plain.output()).not.toContain('\x1b[');
  expect((await deployment.command('list')).stdout).not.toContain('\x1b');
});
