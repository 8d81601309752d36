import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { assertSpoolFits, thoroughRegion, thoroughTemporal } from '../../src/cli/check-thorough.ts';
import type { Config } from '../../src/config/index.ts';
import { directoryDriver } from '../../src/stores/directory/index.ts';
import { type ImageStore, StoreError } from '../../src/stores/index.ts';

/** A file system that ignores case: it finds a name in capitals if it has the name in small letters. */
const caseless = vi.hoisted(() => ({ isOn: false }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const small = (path: string) =>
    path.replace(/SMALL-[0-9A-F-]{36}$/, (name) => (caseless.isOn ? name.toLowerCase() : name));
  return { ...real, access: (path: string) => real.access(small(path)) };
});

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'image-replicator-check-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A configuration whose region has a store of this kind. */
function configWith(driver: string): Pick<Config, 'regions'> {
  const region = { name: 'ot1', driver, driverOptions: {}, taskQueue: 'q', bandwidth: null };
  return { regions: new Map([['ot1', { ...region, objectsOnly: false }]]) };
}

test.each([
  ['s3', 's3:PutObject'],
  ['glance', "the policy 'add_image'"],
  ['directory', 'to write in the folder'],
])('if a store of %s refuses a step, the finding names the missing right', async (driver, right) => {
  const prepare = async () => {
    throw new StoreError('forbidden', 'access was refused', { cause: new Error('AccessDenied') });
  };
  const store = { ...directoryDriver.open({ path: root }, '/'), prepare };
  const region = { name: 'ot1', store, taskQueue: 'q', objectsOnly: false };
  const findings = await thoroughRegion(region, configWith(driver), null);
  expect(findings.filter(({ problem }) => problem !== null)).toEqual([
    {
      what: 'region ot1: reserve a place',
      problem: expect.stringMatching(/^access was refused: AccessDenied; it needs .+/),
    },
  ]);
  expect(findings.find(({ problem }) => problem !== null)?.problem).toContain(right);
});

test('a note says of a share that its file system ignores case, and nothing is left there', async () => {
  const region = (store: ImageStore) => ({ name: 'nas', store, taskQueue: 'q', objectsOnly: true });
  const store = directoryDriver.open({ path: root }, '/');
  const notes = async () => {
    const findings = await thoroughRegion(region(store), configWith('directory'), null);
    expect(findings.every(({ problem }) => problem === null)).toBe(true);
    expect(await readdir(join(root, '.image-replicator'))).toEqual([]);
    return findings.filter(({ isNote }) => isNote).map(({ what }) => what);
  };
  expect(await notes()).toEqual([]);
  caseless.isOn = true;
  onTestFinished(() => {
    caseless.isOn = false;
  });
  expect(await notes()).toEqual([
    'region nas: its file system ignores case: an object replaces another one if only the case of their paths differs',
  ]);
});

test('a spool that is larger than its file system is an error', async () => {
  await expect(assertSpoolFits({ path: root, bytes: 1024 })).resolves.toBeUndefined();
  await expect(assertSpoolFits({ path: root, bytes: 2 ** 60 })).rejects.toThrow(/^spool\.size: is 1\.0 EiB/);
});

test('a Temporal that does not allow jobs to be paused is a note, and not a problem', async () => {
  const describeNamespace = async () => ({ config: { workflowExecutionRetentionTtl: { seconds: 86_400 } } });
  const client = { options: { namespace: 'x' }, workflowService: { describeNamespace } };
  expect(await thoroughTemporal(client as unknown as Client)).toEqual([
    { what: expect.stringContaining('frontend.WorkflowPauseEnabled'), problem: null, isNote: true },
    { what: 'Temporal keeps jobs that have ended for 1d', problem: null },
  ]);
});
