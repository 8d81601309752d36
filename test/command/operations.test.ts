import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { freePort } from '../support/free-port.ts';
import { spawnProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy();
});
afterAll(() => deployment.stop());

/** Runs something while a file or folder of the deployment is moved away. */
async function without<T>(name: string, run: () => Promise<T>): Promise<T> {
  const path = join(deployment.folder, name);
  await rename(path, `${path}.away`);
  try {
    return await run();
  } finally {
    await rename(`${path}.away`, path);
  }
}

const CHECKED = ['search attributes', 'region ot1', 'region ot2', 'identity'];

test('`check` tries everything that the configuration names, and lists it', async () => {
  const { code, stdout } = await deployment.command('check');
  expect(code).toBe(0);
  for (const what of CHECKED) expect(stdout).toMatch(new RegExp(`^ok +${what}$`, 'm'));
  expect(stdout).toContain(deployment.namespace);
  const { stdout: json } = await deployment.command('--json', 'check');
  const findings = JSON.parse(json) as { what: string; problem: string | null }[];
  expect(findings.map(({ what }) => what)).toEqual(expect.arrayContaining(CHECKED));
  expect(findings.every(({ problem }) => problem === null)).toBe(true);
});

test('`check --thorough` makes, reads and removes an image in each region, and leaves nothing', async () => {
  const before = await Promise.all(['ot1', 'ot2'].map((region) => deployment.files(region)));
  const { code, stdout } = await deployment.command('check', '--thorough');
  expect([code, stdout]).toEqual([0, expect.not.stringContaining('FAILED')]);
  for (const region of ['ot1', 'ot2']) {
    expect(stdout).toMatch(new RegExp(`^ok +region ${region}: write data$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^ok +region ${region}: remove what was written$`, 'm'));
  }
  expect(stdout).toMatch(/^ok +Temporal lets jobs be paused$/m);
  expect(stdout).toMatch(/^ok +Temporal keeps jobs that have ended for \d/m);
  expect(await Promise.all(['ot1', 'ot2'].map((region) => deployment.files(region)))).toEqual(before);
});

test.each([
  ['region ot2', 'ot2'],
  ['identity', 'tokens.yaml'],
])('`check` exits with 6 if %s cannot be used, and finds no other problem', async (what, name) => {
  const { code, stdout } = await without(name, () => deployment.command('--json', 'check'));
  expect(code).toBe(6);
  const findings = JSON.parse(stdout) as { what: string; problem: string | null }[];
  expect(findings.filter(({ problem }) => problem !== null).map((finding) => finding.what)).toEqual([what]);
});

test('`copy` exits with 6 if the store of the source cannot be reached', async () => {
  const image = await deployment.addImage('ot1', 10);
  const args = ['copy', image.id, '--from', 'ot1', '--to', 'ot2'];
  const { code, stderr } = await without('ot1', () => deployment.command(...args));
  expect(code).toBe(6);
  expect(stderr).toContain('ot1');
});

test('`images list` exits with 6 if the store cannot be reached', async () => {
  const args = ['images', 'list', '--region', 'ot1'];
  const { code, stdout } = await without('ot1', () => deployment.command(...args));
  expect([code, stdout]).toEqual([6, '']);
});

test.each(['list', 'check'])('%s exits with 6 if Temporal does not answer', async (command) => {
  const env = { ...deployment.env, TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` };
  const running = spawnProcess(process.execPath, [MAIN, command], env);
  expect(await running.ended()).toBe(6);
  expect(running.output()).toMatch(/Temporal/i);
  expect(running.output()).not.toMatch(/^ +at /m);
});

test('`images add` makes an image of a file, and `images list` shows it to those who may see it', async () => {
  const file = join(deployment.folder, 'debian.qcow2');
  await writeFile(file, 'some bytes');
  const added = await deployment.command(
    '--json',
    'images',
    'add',
    file,
    '--region',
    'ot1',
    '--tenant',
    't1',
  );
  expect(added.code).toBe(0);
  const image = JSON.parse(added.stdout);
  expect(image).toMatchObject({
    name: 'debian.qcow2',
    status: 'active',
    owner: 't1',
    disk_format: 'qcow2',
    size: 10,
    os_hash_algo: 'sha512',
  });
  const seenBy = async (...tenant: string[]) => {
    const { stdout } = await deployment.command('--json', 'images', 'list', '--region', 'ot1', ...tenant);
    return (JSON.parse(stdout) as { id: string }[]).some(({ id }) => id === image.id);
  };
  expect(await seenBy()).toBe(true);
  expect(await seenBy('--tenant', 't1')).toBe(true);
  expect(await seenBy('--tenant', 't2')).toBe(false);
  const { stdout } = await deployment.command('images', 'list', '--region', 'ot1');
  expect(stdout).toContain('debian.qcow2');
});

test('`images list` says that a region has no images', async () => {
  expect(await deployment.command('images', 'list', '--region', 'ot2')).toMatchObject({
    code: 0,
    stdout: 'no images\n',
  });
  const { stdout } = await deployment.command('--json', 'images', 'list', '--region', 'ot2');
  expect(JSON.parse(stdout)).toEqual([]);
});

test.each([
  ['a missing file', 'missing.iso', 'missing.iso cannot be read'],
  ['a folder', 'ot2', 'ot2 is a folder'],
])('`images add` of %s names it, and leaves nothing', async (_what, name, message) => {
  const before = await readdir(join(deployment.folder, 'ot1'));
  const file = join(deployment.folder, name);
  const { code, stdout, stderr } = await deployment.command('images', 'add', file, '--region', 'ot1');
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
  expect(await readdir(join(deployment.folder, 'ot1'))).toEqual(before);
});

test('`images add` exits with 6 if the store cannot be reached', async () => {
  const file = join(deployment.folder, 'tokens.yaml');
  const args = ['images', 'add', file, '--region', 'ot1'];
  const { code, stdout } = await without('ot1', () => deployment.command(...args));
  expect([code, stdout]).toEqual([6, '']);
});

test('`images add` reads a pipe to its end', async () => {
  const file = join(deployment.folder, 'piped.raw');
  execFileSync('mkfifo', [file]);
  const adding = deployment.command('--json', 'images', 'add', file, '--region', 'ot1');
  const data = randomBytes(3_000_000);
  await writeFile(file, data);
  const { code, stdout } = await adding;
  expect(code).toBe(0);
  const os_hash_value = createHash('sha512').update(data).digest('hex');
  expect(JSON.parse(stdout)).toMatchObject({ name: 'piped.raw', size: data.length, os_hash_value });
});

test('`images add` that is interrupted leaves nothing, even while it waits for its input', async () => {
  const region = join(deployment.folder, 'ot1');
  const before = await readdir(region);
  const file = join(deployment.folder, 'endless.raw');
  execFileSync('mkfifo', [file]);
  const adding = spawnProcess(
    process.execPath,
    [MAIN, 'images', 'add', file, '--region', 'ot1'],
    deployment.env,
  );
  const pipe = await open(file, 'w');
  await pipe.write('the beginning');
  await until(async () => {
    const begun = (await readdir(region)).find((name) => !before.includes(name));
    return begun !== undefined && (await stat(join(region, begun, 'data')).catch(() => null))?.size === 13;
  });
  expect(await adding.stop('SIGTERM')).toBe(1);
  await pipe.close();
  expect(adding.output()).toContain('interrupted by SIGTERM');
  expect(await readdir(region)).toEqual(before);
});

test('`check` tries the spool', async () => {
  const spool = { path: 'tokens.yaml/spool', size: '1GiB' };
  const other = await deploy({ config: { spool } });
  try {
    const { code, stdout } = await other.command('check');
    expect([code, stdout]).toEqual([6, expect.stringMatching(/^FAILED +spool: /m)]);
  } finally {
    await other.stop();
  }
});
