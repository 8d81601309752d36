import type { ObjectsUnderTest } from '../stores/objects-under-test.ts';
import { openS3, type S3UnderTest } from './s3-under-test.ts';

export interface BucketUnderTest extends ObjectsUnderTest {
  readonly s3: S3UnderTest;
}

/** Opens the objects below a prefix, in a bucket of their own. */
export async function openObjects(options = {}): Promise<BucketUnderTest> {
  const s3 = await openS3(options);
  const { objects } = s3.store;
  if (objects === undefined) throw new Error('a bucket has objects');
  const below = 'images/';
  return {
    s3,
    objects,
    put: s3.put,
    traces: async () =>
      (await s3.traces()).map((trace) => (trace.startsWith(below) ? trace.slice(below.length) : trace)),
    close: () => s3.close(),
  };
}
