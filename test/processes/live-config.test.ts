import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { endOf, showJob, startJob } from '../support/jobs.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const READ_AGAIN = 'the configuration was read again';
const CHANGING_CONFIG = `--import=${join(import.meta.dirname, '../support/changing-config.ts')}`;

interface File {
  regions: Record<string, unknown>;
  limits: Record<string, unknown>;
  api: Record<string, unknown>;
  tenant_limits?: Record<string, unknown>;
  [section: string]: unknown;
}

let deployment: Deployment;
beforeEach(async () => {
  deployment = await deploy({ limits: { bandwidth: '1MB/s' } });
});
afterEach(() => deployment.stop());

const path = () => deployment.env.IMAGE_REPLICATOR_CONFIG ?? '';

/** Changes the file, and waits until a process has read it again. */
async function change(running: TestProcess, edit: (file: File) => void): Promise<void> {
  const before = running.logged(READ_AGAIN).length;
  const file: File = parse(await readFile(path(), 'utf8'));
  edit(file);
  await writeFile(path(), stringify(file));
  await until(() => running.logged(READ_AGAIN).length > before);
}

const keysRefused = (running: TestProcess) =>
  running
    .output()
    .split('\n')
    .filter((line) => line.includes('needs a restart'));

test('a worker gives a running copy another bandwidth', async () => {
  const image = await deployment.addImage('ot1', 60 * MIB);
  const worker = await deployment.startWorker();
  const jobId = await startJob(deployment, image.id);
  await until(async () => (await showJob(deployment, jobId)).bytes_copied > 0);
  expect((await showJob(deployment, jobId)).bytes_copied).toBeLessThan(30 * MIB);
  await change(worker, (file) => {
    file.limits.bandwidth = '500MB/s';
  });
  expect(await endOf(deployment, jobId)).toMatchObject({ status: 'replicated' });
  expect(keysRefused(worker)).toEqual([]);
});

test('a worker and a facade start to use a new region', async () => {
  const worker = await deployment.startWorker();
  const api = await deployment.startApi();
  const image = await deployment.addImage('ot1', 100_000, { owner: 'tenant-a' });
  await mkdir(join(deployment.folder, 'ot3'));
  await change(worker, (file) => {
    file.regions.ot3 = { store: { driver: 'directory', path: 'ot3' } };
  });
  await until(() => api.logged(READ_AGAIN).length > 0);
  const { code, stderr } = await deployment.command('copy', image.id, '--from', 'ot1', '--to', 'ot3');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  // The facade no longer takes the only other region by default.
  const answer = await eclClient(deployment).copy({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('ot3')]);
});

test('a worker starts to use a region that is added while the worker starts', async () => {
  const image = await deployment.addImage('ot1', 100_000);
  await mkdir(join(deployment.folder, 'ot3'));
  const file: File = parse(await readFile(path(), 'utf8'));
  file.regions.ot3 = { store: { driver: 'directory', path: 'ot3' } };
  await writeFile(`${path()}.next`, stringify(file));
  const worker = await deployment.startWith('worker', { env: { NODE_OPTIONS: CHANGING_CONFIG } });
  await until(() => worker.logged(READ_AGAIN).length > 0);
  const { code, stderr } = await deployment.command('copy', image.id, '--from', 'ot1', '--to', 'ot3');
  expect([code, stderr]).toEqual([0, '']);
});

test('a facade uses changed limits of tenants after SIGHUP', async () => {
  const api = await deployment.startApi();
  const file: File = parse(await readFile(path(), 'utf8'));
  await writeFile(path(), stringify({ ...file, tenant_limits: { requests_per_second: 1 } }));
  process.kill(api.pid, 'SIGHUP');
  await until(() => api.logged(READ_AGAIN).length > 0);
  const tenant = eclClient(deployment);
  const request = { image_id: 'x', tenant_id_dst: 'tenant-a' };
  const answers = await Promise.all(Array.from({ length: 5 }, () => tenant.copy(request)));
  expect(answers.some(({ status }) => status === 429)).toBe(true);
});

test('a process names the keys that need a restart, and goes on with their old values', async () => {
  const worker = await deployment.startWorker();
  await change(worker, (file) => {
    file.regions.ot2 = { store: { driver: 'directory', path: 'elsewhere' } };
    file.spool = { path: 'spool', size: '1GiB' };
    file.limits.bandwidth = '100MB/s';
  });
  expect(keysRefused(worker).map((line) => JSON.parse(line).key)).toEqual([
    'regions.ot2.store.path',
    'spool',
  ]);
  const [last] = worker.logged(READ_AGAIN);
  expect(last?.changed).toContain('limits.bandwidth');
});

test('a file that cannot be used changes nothing, and the log says what is wrong', async () => {
  const worker = await deployment.startWorker();
  const good = await readFile(path(), 'utf8');
  await writeFile(path(), `${good}\nlimitz: {}\n`);
  const complaint = 'the configuration cannot be used: the old one stays in force';
  await until(() => worker.logged(complaint).length > 0);
  expect(worker.output()).toContain('limitz');
  await writeFile(path(), good.replace('1MB/s', '100MB/s'));
  await until(() => worker.logged(READ_AGAIN).length > 0);
  const image = await deployment.addImage('ot1', 5 * MIB);
  const { code } = await deployment.command('copy', image.id, '--from', 'ot1', '--to', 'ot2');
  expect(code).toBe(0);
});

test('`check` says which keys of a changed file take effect at once, and which need a restart', async () => {
  const running = join(deployment.folder, 'running.yaml');
  const good = await readFile(path(), 'utf8');
  await writeFile(running, good);
  await writeFile(path(), `${good.replace('1MB/s', '5MB/s')}\nspool: { path: spool, size: 1GiB }\n`);
  const { code, stdout } = await deployment.command('check', '--against', running);
  expect(code).toBe(0);
  expect(stdout).toContain('limits.bandwidth: takes effect while processes run');
  expect(stdout).toContain('spool: needs a restart');
});
