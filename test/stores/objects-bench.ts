import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach } from 'vitest';
import { type DestinationRef, type ObjectStore, StoreError } from '../../src/stores/index.ts';
import { committing, copyFor, fillImage } from './make-image.ts';
import { asStore, bytesOf, type ObjectsUnderTest, type OpenObjects } from './objects-under-test.ts';
import { dataOf, digestsOfBytes, FIRST, LAST, newRef } from './store-under-test.ts';

/** The data of the objects that the bench makes. */
export const DATA = randomBytes(2_500_000);
/** The data of an object that exists before the test. */
export const OLD = Buffer.from('what was there before');

/** The data that a later job or task writes to the same path. */
export const LATER = Buffer.from('what a later job has put there');

/** A `confirm` for a caller that no longer wants its write. It always rejects. */
export async function noLonger(): Promise<void> {
  throw new StoreError('unavailable', 'it is no longer wanted');
}

/**
 * Returns a `confirm` for a process that is frozen right after its `nth` confirmation: in the meantime a
 * later job writes `LATER` to `x`. Further confirmations are refused.
 */
export function frozenAfter(nth: number, objects: ObjectStore): () => Promise<void> {
  let count = 0;
  return async () => {
    count += 1;
    if (count > nth) await noLonger();
    if (count === nth) await objects.write('x', LATER, new AbortController().signal);
  };
}

/** Fresh objects for each test of a contract, with short names for frequent calls. */
export interface ObjectsBench {
  readonly underTest: ObjectsUnderTest;
  readonly objects: ObjectStore;
  /** Reads an object as a whole, as text. */
  text(path: string): Promise<string>;
  /** Reads an object as a copy does. */
  data(path: string): Promise<Buffer>;
  /** Returns a reference to an object that a job is about to make from this data. */
  refTo(path: string, data?: Buffer): DestinationRef;
  prepare(ref: DestinationRef, data?: Buffer): Promise<unknown>;
  /** Prepares an object, and writes its data. */
  fill(ref: DestinationRef, data?: Buffer): Promise<void>;
  commit(ref: DestinationRef, data?: Buffer): Promise<unknown>;
}

/** Opens objects before each test of the suite that calls this function, and closes them afterwards. */
export function objectsBench(open: OpenObjects): ObjectsBench {
  let underTest: ObjectsUnderTest;
  beforeEach(async () => {
    underTest = await open();
  });
  afterEach(() => underTest.close());
  const prepare = (ref: DestinationRef, data: Buffer = DATA) =>
    underTest.objects.prepare(ref, FIRST, copyFor(ref, data));
  return {
    get underTest() {
      return underTest;
    },
    get objects() {
      return underTest.objects;
    },
    text: async (path) => (await bytesOf(underTest.objects, path)).toString(),
    data: (path) => dataOf(asStore(underTest.objects), path),
    refTo: (path, data = DATA) => newRef({ image_id: path, digests: digestsOfBytes(data) }),
    prepare,
    async fill(ref, data: Buffer = DATA) {
      await prepare(ref, data);
      await fillImage(asStore(underTest.objects), ref, data);
    },
    commit: (ref, data = DATA) => underTest.objects.commit(committing(ref, data), LAST, copyFor(ref, data)),
  };
}
