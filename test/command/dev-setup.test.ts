import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { spawnProcess } from '../support/process.ts';

const ROOT = join(import.meta.dirname, '../..');
const COMPONENTS = ['temporal', 'api', 'worker'];

/** A clone of the repository with the same installed packages. The script writes its files next to itself. */
let clone: string;
let ports: Record<'TEMPORAL_PORT' | 'TEMPORAL_UI_PORT' | 'API_PORT', string>;
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'image-replicator-clone-'));
  await copyFile(join(ROOT, 'temporal-dev.sh'), join(clone, 'temporal-dev.sh'));
  for (const name of ['bin', 'node_modules', 'package-lock.json']) {
    await symlink(join(ROOT, name), join(clone, name));
  }
  ports = { TEMPORAL_PORT: await port(), TEMPORAL_UI_PORT: await port(), API_PORT: await port() };
});
afterEach(async () => {
  await devSetup(['down']);
  await rm(clone, { recursive: true });
});

async function port(): Promise<string> {
  return String(await freePort());
}

async function devSetup(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const PATH = [dirname(inject('temporalProgram')), process.env.PATH].join(delimiter);
  const script = spawnProcess(join(clone, 'temporal-dev.sh'), args, { PATH, ...ports, ...env });
  const code = await script.ended();
  return { code, output: script.output() };
}

test('the script copies a file to the other region, tells where everything runs, and ends it again', async () => {
  const file = join(clone, 'an-image.raw');
  const bytes = randomBytes(1024 * 1024);
  await writeFile(file, bytes);
  const { code, output } = await devSetup(['copy', file]);
  const job = output.split('\n').find((line) => line.startsWith('{')) ?? '';
  const { status, source_image_name, location } = JSON.parse(job);
  expect([code, status, source_image_name]).toEqual([0, 'replicated', 'an-image.raw']);
  expect(bytes.equals(await readFile(location))).toBe(true);

  const running = (await devSetup(['status'])).output;
  for (const name of COMPONENTS) expect(running).toContain(`${name}: running`);
  for (const chosen of Object.values(ports)) expect(running).toContain(`127.0.0.1:${chosen}`);
  await devSetup(['down']);
  const ended = (await devSetup(['status'])).output;
  for (const name of COMPONENTS) expect(ended).toContain(`${name}: not running`);
});

test('the script ends with the reason if the configuration cannot be used', async () => {
  const config = join(clone, 'config.yaml');
  await writeFile(
    config,
    `{ regions: { ot1: { store: { driver: floppy } } }, api: { port: ${ports.API_PORT} } }`,
  );
  const { code, output } = await devSetup(['start'], { IMAGE_REPLICATOR_CONFIG: config });
  expect(output).toContain("regions.ot1.store.driver: there is no driver 'floppy'");
  expect(output).toContain('has ended');
  expect(code).toBe(1);
  expect((await devSetup(['status'])).output).toContain('temporal: not running');
});

test('the script starts nothing if the configuration has another port than API_PORT', async () => {
  const config = join(clone, 'config.yaml');
  await writeFile(config, 'api: { port: 1234 }');
  const { code, output } = await devSetup(['start'], { IMAGE_REPLICATOR_CONFIG: config });
  expect(output).toContain(`set API_PORT=1234, or change api.port`);
  expect(code).toBe(1);
  expect((await devSetup(['status'])).output).toContain('temporal: not running');
});

test('the script works if the folder of the exported configuration was deleted', async () => {
  const env = { IMAGE_REPLICATOR_CONFIG: join(clone, '.temporal-dev/image-replicator.yaml') };
  const { code, output } = await devSetup(['status'], env);
  expect(output).toContain('temporal: not running');
  expect(code).toBe(0);
});

test('the script names a port that is taken, and the variable that chooses another one', async () => {
  const other = createServer();
  await once(other.listen(Number(ports.API_PORT), '127.0.0.1'), 'listening');
  const { code, output } = await devSetup(['start']);
  other.close();
  expect(output).toContain(`port ${ports.API_PORT} is taken; choose another one with API_PORT`);
  expect(code).toBe(1);
});
