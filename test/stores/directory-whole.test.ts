import { randomBytes } from 'node:crypto';
import { open, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { DestinationRef, ImageDestination, PartSink } from '../../src/stores/index.ts';
import { type DirectoryUnderTest, openDirectory } from './directory-under-test.ts';
import { committing, copyFor, fillSink } from './make-image.ts';
import { codeOf, dataOf, FIRST, LAST, newRef } from './store-under-test.ts';

const DATA = randomBytes(1_500_000);
const SIZE = DATA.length;

let share: DirectoryUnderTest;
beforeEach(async () => {
  share = await openDirectory();
});
afterEach(() => share.close());

const partialOf = (ref: DestinationRef) => join(share.root, `.${ref.image_id}.partial`);

async function prepared(data: Buffer): Promise<DestinationRef> {
  const ref = newRef();
  await share.store.prepare(ref, FIRST, copyFor(ref, data));
  return ref;
}

describe('data without a note, as earlier versions have left it,', () => {
  test.each([
    ['with a gap', [`0 1000`, `2000 ${SIZE}`], 'not_found'],
    ['without its end', [`0 ${SIZE - 1} durable`, `0 ${SIZE - 1}`], 'not_found'],
    ['that may be on the disk only in part', [`0 ${SIZE} durable`], 'not_found'],
    ['whole', [`1000 ${SIZE}`, '0 1000'], 'success'],
  ])('%s (%j): its commit ends with %s', async (_what, journal, outcome) => {
    const ref = await prepared(DATA);
    await writeFile(join(partialOf(ref), 'data'), DATA);
    await writeFile(join(partialOf(ref), 'parts'), `${journal.join('\n')}\n`);
    const commit = share.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
    expect(await codeOf(commit)).toBe(outcome);
  });

  test('is whole if it is empty', async () => {
    const empty = Buffer.alloc(0);
    const ref = await prepared(empty);
    await share.store.commit(committing(ref, empty), LAST, copyFor(ref, empty));
    expect(await dataOf(share.store, ref.image_id)).toEqual(empty);
  });
});

/**
 * Holds the clearing of a journal until `thaw` is called. `begun` resolves when the clearing is about to
 * begin.
 */
async function freezeClearing(): Promise<{ readonly begun: Promise<void>; thaw(): void }> {
  const file = await open(share.root);
  const prototype: { truncate(length?: number): Promise<void> } = Object.getPrototypeOf(file);
  await file.close();
  const { truncate } = prototype;
  const [begun, thawed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const spy = vi.spyOn(prototype, 'truncate').mockImplementation(async function (this: unknown, length) {
    if (length === 0) {
      spy.mockRestore();
      begun.resolve();
      await thawed.promise;
    }
    return truncate.call(this, length);
  });
  onTestFinished(() => spy.mockRestore());
  return { begun: begun.promise, thaw: thawed.resolve };
}

describe.each<[string, () => ImageDestination | undefined]>([
  ['an image', () => share.store],
  ['a file of a share', () => share.store.objects],
])('a reset of %s', (_what, of) => {
  let ref: DestinationRef;
  let destination: ImageDestination;
  beforeEach(async () => {
    const found = of();
    if (found === undefined) throw new Error('a directory has files');
    destination = found;
    ref = newRef();
    await destination.prepare(ref, FIRST, copyFor(ref, DATA));
  });
  const opened = async (attempt: number): Promise<PartSink> => {
    const sink = await destination.openSink(ref, attempt, SIZE);
    if (sink.kind !== 'parts') throw new Error('a directory takes parts');
    onTestFinished(() => sink.close());
    return sink;
  };
  const commit = () => destination.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));

  test('that was frozen does not undo the notes of a later attempt', async () => {
    const frozen = await opened(1);
    await fillSink(frozen, DATA);
    const clearing = await freezeClearing();
    const reset = frozen.reset();
    await clearing.begun;
    await fillSink(await opened(2), DATA);
    clearing.thaw();
    await reset;
    expect(await codeOf(commit())).toBe('success');
  });

  test('removes the notes of its own attempt and of earlier ones', async () => {
    await fillSink(await opened(1), DATA);
    const later = await opened(2);
    await fillSink(later, DATA);
    await later.reset();
    expect(await codeOf(commit())).toBe('not_found');
  });
});

/** Lets a test put another job's folder in the place of the folder that was just looked at. */
const swap = vi.hoisted(() => ({ whenLookedAt: null as null | (() => Promise<void>) }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const access: typeof real.access = async (path, mode) => {
    await real.access(path, mode);
    const act = swap.whenLookedAt;
    if (act === null || !String(path).includes('/job-')) return;
    swap.whenLookedAt = null;
    await act();
  };
  return { ...real, access };
});

test('a sink is opened in the folder that had the mark, whatever takes its place in the meantime', async () => {
  const ref = await prepared(DATA);
  const next = newRef({ image_id: ref.image_id });
  swap.whenLookedAt = async () => {
    await rename(partialOf(ref), `${partialOf(ref)}.old`);
    await share.store.prepare(next, FIRST, copyFor(next, DATA));
  };
  const sink = await share.store.openSink(ref, 5, SIZE);
  await sink.close();
  expect(await readdir(partialOf(next))).toContain(`fence-${FIRST}`);
  expect(await readdir(`${partialOf(ref)}.old`)).toContain('fence-5');
});
