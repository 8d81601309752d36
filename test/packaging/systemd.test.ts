/** Tests the units for systemd. */
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from './support/run.ts';

const UNITS = join(import.meta.dirname, '../../deploy/systemd');
const units = readdirSync(UNITS);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-units-'));
  const bin = join(folder, 'node_modules/.bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'image-replicator'), '', { mode: 0o755 });
  for (const unit of units) {
    const text = await readFile(join(UNITS, unit), 'utf8');
    // A template is checked as one of its instances.
    const name = unit.replace('@.', '@ot2.');
    await writeFile(join(folder, name), text.replaceAll('/opt/image-replicator', folder));
  }
});
afterAll(() => rm(folder, { recursive: true }));

test.each(units)('systemd finds nothing wrong with %s', async (unit) => {
  await run('systemd-analyze', ['verify', '--man=no', join(folder, unit.replace('@.', '@ot2.'))]);
});

test.each(units)('%s has few privileges beyond those that it needs', async (unit) => {
  const file = join(folder, unit.replace('@.', '@ot2.'));
  // The scale goes up to 100, for a unit that may do everything.
  await run('systemd-analyze', ['security', '--offline=true', '--threshold=30', '--no-pager', file]);
});

test.each(units)('%s starts a command that exists', async (unit) => {
  const [, command = ''] =
    (await readFile(join(UNITS, unit), 'utf8')).match(/image-replicator (serve|worker)\b/) ?? [];
  const help = await run(join(import.meta.dirname, '../../bin/image-replicator'), [command, '--help']);
  expect(help).toContain(command);
});
