import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { DestinationRef, PartSink } from '../../src/stores/index.ts';
import { type DirectoryUnderTest, openDirectory } from './directory-under-test.ts';
import { copyFor, openPartSink } from './make-image.ts';
import { codeOf, FIRST, newRef } from './store-under-test.ts';

const DATA = randomBytes(1_500_000);

let directory: DirectoryUnderTest;
beforeEach(async () => {
  directory = await openDirectory();
});
afterEach(() => directory.close());

/** Makes every sync fail from now on. */
async function refuse(code: string): Promise<void> {
  const file = await open(directory.root);
  const prototype = Object.getPrototypeOf(file);
  await file.close();
  for (const call of ['datasync', 'sync']) {
    const spy = vi.spyOn(prototype, call).mockRejectedValue(Object.assign(new Error(code), { code }));
    onTestFinished(() => spy.mockRestore());
  }
}

async function written(): Promise<{ ref: DestinationRef; sink: PartSink }> {
  const ref = newRef();
  await directory.store.prepare(ref, FIRST, copyFor(ref, DATA));
  const sink = await openPartSink(directory.store, ref, 1, DATA.length);
  await sink.write(0, DATA);
  return { ref, sink };
}

test('if the disk cannot write the data, the flush fails with `lost`', async () => {
  const { sink } = await written();
  await refuse('EIO');
  expect(await codeOf(sink.flush())).toBe('lost');
  await sink.close();
});

test('if the disk could not write some data before, the flush fails even if the disk works again', async () => {
  const { sink } = await written();
  await refuse('EIO');
  await sink.complete([0, DATA.length]);
  vi.restoreAllMocks();
  expect(await codeOf(sink.flush())).toBe('lost');
  await sink.close();
});

test('a later attempt takes over nothing that the disk could not write', async () => {
  const { ref, sink } = await written();
  await refuse('EIO');
  await sink.complete([0, DATA.length]);
  await sink.close();
  const next = await openPartSink(directory.store, ref, 2, DATA.length);
  expect(next).toMatchObject({ received: [], durable: [] });
  await next.close();
});

test('if the disk is full at a flush, the error is `quota_exceeded`', async () => {
  const { sink } = await written();
  await refuse('ENOSPC');
  expect(await codeOf(sink.flush())).toBe('quota_exceeded');
  await sink.close();
});
