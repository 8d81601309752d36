import { execFileSync } from 'node:child_process';
import { mkdir, open, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DestinationRef } from '../../src/stores/index.ts';
import { openPartSink } from './make-image.ts';
import { asStore } from './objects-under-test.ts';
import { DATA, freshShare } from './share-bench.ts';
import { codeOf, FIRST, LAST } from './store-under-test.ts';

const share = freshShare();
const { refTo, prepare, fill, commit } = share;
const hidden = () => join(share.root, '.image-replicator');

/** Makes an unfinished object, and returns its folder. */
async function inTheMaking(ref: DestinationRef, make: (ref: DestinationRef) => Promise<unknown> = prepare) {
  await make(ref);
  const [name = ''] = await readdir(hidden());
  return join(hidden(), name);
}

/** Puts a pipe at a path. If a call waits for the pipe's other end, lets go of it when the test is over. */
async function putPipe(path: string): Promise<void> {
  await rm(path, { force: true });
  execFileSync('mkfifo', [path]);
  const other = await open(path, 'r+');
  await other.close();
  onTestFinished(async () => {
    const end = await open(path, 'r+').catch(() => undefined);
    await end?.write('\n');
    await end?.close();
  });
}

describe('a pipe in an unfinished object stops no thread:', () => {
  test.each(['data', 'parts'])('in the place of %s, it is refused', async (name) => {
    const ref = refTo('x');
    await putPipe(join(await inTheMaking(ref), name));
    expect(await codeOf(share.objects.openSink(ref, 1, DATA.length))).toBe('invalid_image');
    await share.objects.discard(ref, LAST);
    expect(await readdir(hidden())).toEqual([]);
  });

  test.each(['whole', 'whole-1'])('in the place of the note %s, it is refused', async (name) => {
    const ref = refTo('x');
    await putPipe(join(await inTheMaking(ref), name));
    const sink = await openPartSink(asStore(share.objects), ref, 1, DATA.length);
    expect(await codeOf(sink.flush())).toBe('invalid_image');
    await sink.close();
  });

  test('in the place of the note of a commit, it is refused', async () => {
    const ref = refTo('x');
    await putPipe(join(await inTheMaking(ref, fill), 'committing'));
    expect(await codeOf(commit(ref))).toBe('invalid_image');
  });

  test.each(['owner', 'data', `fence-${FIRST}`])(
    'in the place of %s of a folder that is being prepared, it is refused',
    async (name) => {
      const ref = refTo('x');
      const folder = await inTheMaking(ref);
      await rename(folder, `${folder}.${FIRST}.new`);
      await putPipe(join(`${folder}.${FIRST}.new`, name));
      expect(await codeOf(prepare(ref))).toBe('invalid_image');
      await share.objects.discard(ref, LAST);
      expect(await readdir(hidden())).toEqual([]);
    },
  );
});

test('a folder in the place of a journal is refused', async () => {
  const ref = refTo('x');
  await mkdir(join(await inTheMaking(ref), 'parts'));
  expect(await codeOf(share.objects.openSink(ref, 1, DATA.length))).toBe('invalid_image');
});

describe('of a journal that somebody has written,', () => {
  async function receivedFrom(text: string, size: number) {
    const ref = refTo('x');
    const journal = join(await inTheMaking(ref), 'parts');
    await writeFile(journal, text);
    await truncate(journal, size);
    const sink = await openPartSink(asStore(share.objects), ref, 1, DATA.length);
    await sink.close();
    return sink.received;
  }

  test('only the beginning is read', async () => {
    expect(await receivedFrom('0 1000\n', 2 ** 40)).toEqual([[0, 1000]]);
  });

  test('only as many ranges are taken as a copy can have left', async () => {
    const lines = Array.from({ length: 200_000 }, (_, at) => `${2 * at} ${2 * at + 1}\n`).reverse();
    const text = lines.join('');
    const received = await receivedFrom(text, text.length);
    expect(received).toHaveLength(1000);
    expect(received.at(-1)).toEqual([1998, 1999]);
  });
});
