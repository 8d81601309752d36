import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ImageRecord } from '../../src/image/index.ts';
import type { DestinationRef, StoreError } from '../../src/stores/index.ts';
import { createDigestPool, type DigestPool, type Transfer } from '../../src/transfer/index.ts';
import { type DirectoryUnderTest, openDirectory } from '../stores/directory-under-test.ts';
import { copyFor, openPartSink } from '../stores/make-image.ts';
import { anyone, dataOf, FIRST, LAST, newRef } from '../stores/store-under-test.ts';
import {
  faultyReader,
  faultySink,
  type ReaderFaults,
  type SinkFaults,
  type WatchedReader,
  type WatchedSink,
} from '../support/fault-store.ts';
import { Attempts, type CommonOptions } from './attempts.ts';

export const MIB = 1024 * 1024;

export interface Attempt {
  readonly transfer: Transfer;
  readonly reader: WatchedReader;
  readonly sink: WatchedSink;
}

interface AttemptOptions extends CommonOptions {
  /** The name of the source's endpoint. Without one, the source is on this machine. */
  readonly endpoint?: string;
  readonly reads?: ReaderFaults;
  readonly writes?: SinkFaults;
}

/** An image in one directory store that is copied to another. */
export interface TransferRig {
  readonly source: DirectoryUnderTest;
  readonly destination: DirectoryUnderTest;
  readonly digests: DigestPool;
  readonly image: ImageRecord;
  readonly ref: DestinationRef;
  /** The path of the data of the unfinished image. */
  readonly partialData: string;
  /** Starts the next attempt at the transfer. It is stopped when the test ends. */
  attempt(options?: AttemptOptions): Promise<Attempt>;
  /** Commits the image, and returns its bytes. */
  commit(): Promise<Buffer>;
  /** Reads the bytes of the unfinished image. */
  partial(): Promise<Buffer>;
}

export async function transferRig(data: Uint8Array): Promise<TransferRig> {
  const [source, destination] = await Promise.all([openDirectory(), openDirectory()]);
  const digests = createDigestPool(1);
  const attempts = new Attempts(digests);
  onTestFinished(async () => {
    await attempts.stop();
    await Promise.all([source.close(), destination.close(), digests.close()]);
  });
  const image = await source.addImage(data);
  const { pin } = await source.store.inspect(anyone(image.id));
  const ref = newRef();
  await destination.store.prepare(ref, FIRST, copyFor(ref, data));
  const partialData = join(destination.root, `.${ref.image_id}.partial`, 'data');
  return {
    source,
    destination,
    digests,
    image,
    ref,
    partialData,
    async attempt({ reads, writes, endpoint, ...options } = {}) {
      const opened = await source.store.openReader(anyone(image.id), pin);
      const reader = faultyReader(endpoint === undefined ? opened : { ...opened, endpoint }, reads);
      const sink = faultySink(await openPartSink(destination.store, ref, attempts.next, data.length), writes);
      const ends = { reader, sink, spool: null, size: data.length };
      const transfer = attempts.start(image, ends, options);
      return { transfer, reader, sink };
    },
    async commit() {
      await destination.store.commit(ref, LAST, { ...image, id: ref.image_id });
      return dataOf(destination.store, ref.image_id);
    },
    partial: () => readFile(partialData),
  };
}

/** Returns the error with which a transfer fails. */
export async function failureOf({ transfer }: { readonly transfer: Transfer }): Promise<StoreError> {
  return transfer.finished.then(
    () => {
      throw new Error('the transfer has succeeded');
    },
    (error) => error,
  );
}

/** Waits until the read is aborted, and then rejects with the reason. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
