import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { directoryDriver } from '../../src/stores/directory/index.ts';
import type { ImageStore } from '../../src/stores/index.ts';
import { StoreError, type TrialStep, tryImages, tryObjects } from '../../src/stores/index.ts';

const STEPS: readonly TrialStep[] = [
  'list',
  'room',
  'reserve',
  'write',
  'find',
  'clock',
  'commit',
  'read',
  'remove',
];

let root: string;
let store: ImageStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'image-replicator-trial-'));
  store = directoryDriver.open({ path: root }, '/');
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(root, { recursive: true, force: true });
});

/** Makes a trial. Returns its steps, and the message of each step that has failed. */
async function triedOn(tried: ImageStore, tenantId: string | null = null) {
  const steps: string[] = [];
  const failed: string[] = [];
  for await (const { step, error } of tryImages(tried, tenantId)) {
    steps.push(step);
    if (error !== null) failed.push(`${step}: ${(error as Error).message}`);
  }
  return { steps, failed };
}

/** Makes a trial that is cut off after a step. */
async function diesAfter(last: TrialStep): Promise<void> {
  for await (const { step } of tryImages(store, null)) if (step === last) return;
}

test('a trial of a store that works makes each step, and leaves nothing', async () => {
  expect(await triedOn(store)).toEqual({ steps: STEPS, failed: [] });
  expect(await readdir(root)).toEqual([]);
});

test('a trial for a tenant makes each step, and leaves nothing', async () => {
  expect(await triedOn(store, 'tenant-a')).toEqual({ steps: STEPS, failed: [] });
  expect(await readdir(root)).toEqual([]);
});

test('no tenant sees the image of a trial that is for no tenant', async () => {
  await diesAfter('commit');
  const seen: string[] = [];
  for await (const { id } of store.images('tenant-a')) seen.push(id);
  expect(seen).toEqual([]);
  expect(await readdir(root)).toHaveLength(1);
});

test.each<[TrialStep, Partial<ImageStore>]>([
  ['room', { checkRoom: async () => denied() }],
  ['reserve', { prepare: async () => denied() }],
  ['write', { openSink: async () => denied() }],
  ['commit', { commit: async () => denied() }],
  ['read', { openReader: async () => denied() }],
])('a trial reports a store that refuses to %s, and leaves nothing', async (step, refusing) => {
  const { steps, failed } = await triedOn({ ...store, ...refusing });
  expect(failed).toEqual([`${step}: access was refused`]);
  expect(steps).toEqual([...STEPS.slice(0, STEPS.indexOf(step) + 1), 'remove']);
  expect(await readdir(root)).toEqual([]);
});

test('a trial reports a store that refuses to remove', async () => {
  const { failed } = await triedOn({ ...store, discard: async () => denied() });
  expect(failed).toEqual(['remove: access was refused']);
});

test('a trial reports a store that claims to have removed an image, but has not', async () => {
  const { failed } = await triedOn({ ...store, discard: async () => {} });
  expect(failed).toEqual(['remove: the image is still there after its removal']);
});

test.each([
  [-3600, "the store's clock is 3600 s behind this machine's"],
  [3600, "the store's clock is 3600 s ahead of this machine's"],
])('a trial reports a clock that is %d s off, and goes on', async (seconds, message) => {
  const skewed: ImageStore = {
    ...store,
    async *leftovers(ended) {
      for await (const found of store.leftovers(ended)) {
        yield { ...found, changed: new Date(found.changed.getTime() + seconds * 1000) };
      }
    },
  };
  const { steps, failed } = await triedOn(skewed);
  expect(failed).toEqual([expect.stringContaining(message)]);
  expect(steps).toEqual(STEPS);
});

test('if a trial was cut off, a sweep finds what it has left, with its mark', async () => {
  await diesAfter('write');
  const marks: (string | null)[] = [];
  for await (const { mark } of store.leftovers((async function* () {})())) marks.push(mark);
  expect(marks).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
});

test('the next trial removes what an earlier one has made, once nobody can be working on it', async () => {
  await diesAfter('commit');
  await triedOn(store);
  expect(await readdir(root)).toHaveLength(1);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60_000 });
  await triedOn(store);
  expect(await readdir(root)).toEqual([]);
});

test('a trial of plain files leaves no file and no trace', async () => {
  if (store.objects === undefined) throw new Error('a directory has files');
  const steps: [string, unknown][] = [];
  for await (const { step, error } of tryObjects(store.objects)) steps.push([step, error]);
  expect(steps).toEqual(['list', 'reserve', 'write', 'find', 'clock', 'remove'].map((step) => [step, null]));
  const left = await readdir(root, { recursive: true });
  expect(left.filter((name) => name !== '.image-replicator')).toEqual([]);
});

function denied(): never {
  throw new StoreError('forbidden', 'access was refused');
}
