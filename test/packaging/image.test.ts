/** Tests the container image, which is built from the Dockerfile and run as a container engine runs it. */
import { chown, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { KIB } from '../../src/memory/index.ts';
import { type Deployment, MIB } from '../support/deployment.ts';
import { endOf, startJob } from '../support/jobs.ts';
import { type TaskRig, taskRig } from '../tasks/support.ts';
import { buildImage, type Image } from './support/image.ts';
import { run } from './support/run.ts';

/** The user of the image, who owns everything that may be written to. */
const USER = 65532;

let folder: string;
let image: Image;
let rig: TaskRig;
let deployment: Deployment;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-image-'));
  image = await buildImage(folder);
  rig = await taskRig({ program: image.program, regions: ['ot1', 'ot2', 'nas', 'bucket'] });
  ({ deployment } = rig);
  const files = await readdir(deployment.folder);
  for (const path of ['', ...files]) await chown(join(deployment.folder, path), USER, USER);
});
afterAll(async () => {
  await deployment?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a script in the image as its user. Returns what the script prints. */
const evaluate = async (script: string) =>
  run(image.inside, [image.config.Entrypoint[0] ?? '', '-p', script], { env: deployment.env });

test('the image runs the facade as a user without privileges, and says how to check its health', () => {
  const { User, Cmd, Entrypoint, Healthcheck } = image.config;
  expect([User, Cmd]).toEqual([`${USER}:${USER}`, ['serve']]);
  expect(Healthcheck.Test).toEqual(['CMD', ...Entrypoint.filter((word) => !word.startsWith('--')), 'health']);
});

test('the user of the image is not root, and cannot write to the file system of the image', async () => {
  expect((await evaluate('process.getuid()')).trim()).toBe(String(USER));
  for (const path of ['/app/x', '/x', '/etc/x']) {
    await expect(evaluate(`fs.writeFileSync('${path}', '')`)).rejects.toThrow('EROFS');
  }
});

test('the image has no shell and no npm, and neither sources nor tests', async () => {
  const names = (await readdir(image.root, { recursive: true })).map((path) => path.split('/').at(-1));
  for (const name of ['sh', 'bash', 'dash', 'busybox', 'npm', 'tsc']) expect(names).not.toContain(name);
  expect((await readdir(join(image.root, 'app'))).sort()).toEqual([
    'LICENSE',
    'dist',
    'node_modules',
    'package.json',
  ]);
});

test('a facade and a worker that run from the image make a copy and a task, and `health` succeeds only while the facade runs', async () => {
  expect(await deployment.command('check')).toMatchObject({ code: 0 });
  expect(await deployment.command('health')).toMatchObject({ code: 6 });
  const facade = await deployment.startApi();
  await deployment.startWorker();
  expect(await deployment.command('health')).toMatchObject({ code: 0 });
  const source = await deployment.addImage('ot1', 3 * MIB);
  const jobId = await startJob(deployment, source.id);
  expect(await endOf(deployment, jobId)).toMatchObject({
    status: 'replicated',
    sha512: source.os_hash_value,
  });
  const file = await rig.put('bucket', 'run/small', 3 * KIB);
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'run/' });
  expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ status: 'SUCCESS', message: '' });
  expect(await rig.get('nas', 'training/run/small')).toEqual(file);
  expect(await facade.stop('SIGTERM')).toBe(0);
  expect(await deployment.command('health')).toMatchObject({ code: 6 });
});

test('`check --thorough` finds all that a worker needs in the image, and names the program that is missing', async () => {
  expect(await deployment.command('check', '--thorough')).toMatchObject({ code: 0 });
  const sync = join(image.root, 'usr/bin/sync');
  await rename(sync, join(folder, 'sync'));
  onTestFinished(() => rename(join(folder, 'sync'), sync));
  const { code, stdout, stderr } = await deployment.command('check', '--thorough');
  expect(code).toBe(6);
  expect(stdout + stderr).toContain('the program `sync` cannot be run on the worker (ENOENT)');
});
