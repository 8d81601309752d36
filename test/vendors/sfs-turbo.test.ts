import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import type { Sdk } from './sdk.ts';
import { SHARE, type ShareRig, sha, shareRig } from './share-rig.ts';

const OBJECTS: Readonly<Record<string, Buffer>> = {
  one: randomBytes(1000),
  empty: Buffer.alloc(0),
  'deep/er/a b': randomBytes(5000),
  'ü ñ 日本/+%25&=?#': randomBytes(3),
  'quote\'"`$(x)': randomBytes(100_000),
  '.hidden': randomBytes(7),
  model: randomBytes(70 * MIB),
};
const SHA512 = Object.fromEntries(Object.entries(OBJECTS).map(([name, data]) => [name, sha(512, data)]));
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/;

let rig: ShareRig;
beforeAll(async () => {
  rig = await shareRig();
  for (const [name, data] of Object.entries(OBJECTS)) await rig.put(`run-1/${name}`, data);
  // This worker takes a while to write a large file.
  await rig.deployment.startSlowWorker(0, 300);
});
afterAll(() => rig?.stop());

describe.each(['key', 'token'] as const)("Huawei's SDK for SFS Turbo, with a %s", (account) => {
  let sdk: Sdk;
  beforeAll(() => {
    sdk = rig.sdk(rig[account]);
  });
  const there = `there-${account}/`;
  const back = `back-${account}/`;
  const statusOf = async (task_id: string) => (await sdk.ok('show', { share: SHARE, task_id })).status;
  const ended = async (task_id: string) =>
    until(async () => {
      const task = await sdk.ok('show', { share: SHARE, task_id });
      return task.status === 'DOING' ? false : task;
    });
  let imported: string;
  let exported: string;

  test('imports the objects below a prefix, and shows the progress', async () => {
    const task = { type: 'import', src_target: 'training', src_prefix: 'run-1/', dest_prefix: there };
    imported = (await sdk.ok('create', { share: SHARE, ...task })).task_id;
    expect(await statusOf(imported)).toBe('DOING');
    expect(await ended(imported)).toEqual({
      ...task,
      x_request_id: expect.stringMatching(/^req-/),
      task_id: imported,
      status: 'SUCCESS',
      dest_target: 'training',
      start_time: expect.stringMatching(TIME),
      end_time: expect.stringMatching(TIME),
      message: '',
    });
    for (const [name, sha512] of Object.entries(SHA512)) {
      expect([name, await rig.sha512OfFile(there + name)]).toEqual([name, sha512]);
    }
  });

  test('exports the files back below another prefix', async () => {
    const task = { type: 'export', src_target: 'training', src_prefix: there, dest_target: 'training' };
    const created = await sdk.ok('create', { share: SHARE, ...task, dest_prefix: back });
    exported = created.task_id;
    expect(await ended(exported)).toMatchObject({ status: 'SUCCESS', dest_prefix: back });
    expect(await rig.objects(back)).toEqual(SHA512);
  });

  test('lists tasks, the newest first, and filters them', async () => {
    const listed = async (query: object) => {
      const { tasks } = await sdk.ok('list', { share: SHARE, ...query });
      return tasks.map(({ task_id }: { task_id: string }) => task_id);
    };
    await until(async () => (await listed({ limit: 2, status: 'SUCCESS' }))[0] === exported);
    expect(await listed({ limit: 2 })).toEqual([exported, imported]);
    expect(await listed({ type: 'import', limit: 1, offset: 0 })).toEqual([imported]);
    expect(await listed({ start_time: '2100-01-01T00:00:00' })).toEqual([]);
  });

  test('deletes a running task, sees it as DELETING, and gets an error when it is gone', async () => {
    const dest_prefix = `deleted-${account}/`;
    const task = { type: 'import', src_target: 'training', src_prefix: 'run-1/', dest_prefix };
    const { task_id } = await sdk.ok('create', { share: SHARE, ...task });
    const partials = join(rig.deployment.folder, 'nas/.image-replicator');
    await until(async () => (await readdir(partials).catch(() => [])).length > 0);
    await sdk.ok('delete', { share: SHARE, task_id });
    const { error } = await until(async () => {
      const shown = await sdk.call('show', { share: SHARE, task_id });
      if (shown.error === undefined) expect(shown.result.status).toBe('DELETING');
      return shown.error !== undefined && shown;
    });
    expect(error).toMatchObject({
      type: 'ClientRequestException',
      status_code: 400,
      error_code: 'SFS.TURBO.0106',
      error_msg: 'Invalid task id.',
      request_id: expect.stringMatching(/^req-/),
    });
    await expect(rig.sha512OfFile(`${dest_prefix}model`)).rejects.toThrow('ENOENT');
    expect(await readdir(partials)).toEqual([]);
  });

  test('deletes a task that has ended, and its files stay', async () => {
    await sdk.ok('delete', { share: SHARE, task_id: imported });
    await until(
      async () => (await sdk.call('show', { share: SHARE, task_id: imported })).error !== undefined,
    );
    expect(await rig.sha512OfFile(`${there}one`)).toBe(SHA512.one);
  });
});
