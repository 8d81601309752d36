import { expect, test } from 'vitest';
import { tryImages, tryObjects } from '../../src/stores/index.ts';
import { openS3 } from './s3-under-test.ts';

test('a trial of a bucket makes each step, for images and for objects, and leaves nothing', async () => {
  const bucket = await openS3();
  try {
    const { objects } = bucket.store;
    if (objects === undefined) throw new Error('a bucket has objects');
    const met: [string, unknown][] = [];
    for await (const { step, error } of tryImages(bucket.store, null)) met.push([step, error]);
    for await (const { step, error } of tryObjects(objects)) met.push([step, error]);
    const images = ['list', 'room', 'reserve', 'write', 'find', 'clock', 'commit', 'read', 'remove'];
    const ofObjects = ['list', 'reserve', 'write', 'find', 'clock', 'remove'];
    expect(met).toEqual([...images, ...ofObjects].map((step) => [step, null]));
    expect(await bucket.traces()).toEqual([]);
  } finally {
    await bucket.close();
  }
});
