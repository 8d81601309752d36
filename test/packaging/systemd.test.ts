/** Tests the units for systemd. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeConfig, writeTokens } from '../support/deployment-files.ts';
import { freePort } from '../support/free-port.ts';
import { run } from './support/run.ts';

const UNITS = join(import.meta.dirname, '../../deploy/systemd');
const COMMAND = join(import.meta.dirname, '../../bin/image-replicator');
const INSTALLED = '/opt/image-replicator/node_modules/.bin/image-replicator';
const units = await readdir(UNITS);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-units-'));
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/image-replicator'), '', { mode: 0o755 });
  for (const unit of units) {
    const text = await readFile(join(UNITS, unit), 'utf8');
    await writeFile(fileOf(unit), text.replaceAll(INSTALLED, join(folder, 'bin/image-replicator')));
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** Returns the path of the unit that is checked. For a template, it is the instance for `ot2`. */
function fileOf(unit: string): string {
  return join(folder, unit.replace('@.', '@ot2.'));
}

test.each(units)('`systemd-analyze verify` prints no error and no warning about %s', async (unit) => {
  const verified = await promisify(execFile)('systemd-analyze', ['verify', '--man=no', fileOf(unit)]);
  expect(verified).toEqual({ stdout: '', stderr: '' });
});

test('others may read what a worker writes, because it may be for a share; what a facade writes is its own', async () => {
  const masks = units.map(async (unit) => {
    const text = await readFile(join(UNITS, unit), 'utf8');
    return [unit, /^UMask=(\d+)$/m.exec(text)?.[1]];
  });
  expect(Object.fromEntries(await Promise.all(masks))).toEqual({
    'image-replicator-serve.service': '0077',
    'image-replicator-worker@.service': '0022',
  });
});

test.each(units)('systemd rates the exposure of %s at 3 out of 10 at most', async (unit) => {
  const args = ['security', '--offline=true', '--threshold=30', '--no-pager', fileOf(unit)];
  await run('systemd-analyze', args);
});

/**
 * Returns the words of a unit's command.
 * @param options the value of the variable that may add options
 */
async function commandOf(unit: string, options: string): Promise<string[]> {
  const text = await readFile(join(UNITS, unit), 'utf8');
  const words = /^ExecStart=(.+)$/m.exec(text)?.[1]?.replaceAll('%i', 'ot2').split(' ') ?? [];
  const last = words.pop() ?? '';
  // Without a default, systemd warns at each start.
  expect(text.split('\n')).toContain(`Environment=${last.replace('$', '')}=`);
  return [...words, ...options.split(' ').filter((word) => word !== '')];
}

test.each(units.flatMap((unit) => ['', '--metrics-port 0'].map((options) => [unit, options] as const)))(
  'the command of %s with the options "%s" is valid, and ends only because Temporal does not answer',
  async (unit, options) => {
    const [program, ...args] = await commandOf(unit, options);
    expect(program).toBe(INSTALLED);
    const configured = await mkdtemp(join(folder, 'config-'));
    await writeTokens(configured);
    const config = await writeConfig(configured, { names: ['ot1', 'ot2'], port: await freePort() });
    const env = { IMAGE_REPLICATOR_CONFIG: config, TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` };
    await expect(run(COMMAND, args, { env })).rejects.toThrow('Temporal does not answer');
  },
);
