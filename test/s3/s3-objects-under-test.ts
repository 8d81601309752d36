import type { ObjectsUnderTest } from '../stores/objects-under-test.ts';
import { openS3, type S3UnderTest } from './s3-under-test.ts';

export interface BucketUnderTest extends ObjectsUnderTest {
  readonly it: S3UnderTest;
}

/** The objects of a bucket of its own, below a prefix. */
export async function openObjects(options = {}): Promise<BucketUnderTest> {
  const it = await openS3(options);
  const { objects } = it.store;
  if (objects === undefined) throw new Error('a bucket has objects');
  const below = 'images/';
  return {
    it,
    objects,
    put: it.put,
    traces: async () =>
      (await it.traces()).map((trace) => (trace.startsWith(below) ? trace.slice(below.length) : trace)),
    close: () => it.close(),
  };
}
