import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { fillImage, inChunks, makeImage, openStreamSink } from '../stores/make-image.ts';
import { storeBench } from '../stores/store-bench.ts';
import { codeOf, digestsOfBytes, LAST } from '../stores/store-under-test.ts';
import { openGlance } from './glance-under-test.ts';

const DATA = randomBytes(3_000_000);
const bench = storeBench(() => openGlance());

/**
 * Changes an image in Glance's database by SQL. There is no other way to make an image look old, or to make
 * it look as if its service had died.
 */
function update(imageId: string, change: string): void {
  const folder = process.env.OPENSTACK_TEST_DIR ?? '';
  const database = new DatabaseSync(join(folder, 'state', 'glance-ot1', 'glance.db'), { timeout: 30_000 });
  database.prepare(`UPDATE images SET ${change} WHERE id = ?`).run(imageId);
  database.close();
}

test("data goes to Glance's default store, or to the configured one", async () => {
  const [one, other] = [bench.ref(DATA), bench.ref(DATA)];
  await bench.make(one, DATA);
  await makeImage(bench.current.reopened({ image_store: 'second' }), other, DATA);
  expect(await bench.current.storesOf(one.image_id)).toEqual(['main']);
  expect(await bench.current.storesOf(other.image_id)).toEqual(['second']);
  expect((await bench.data(other.image_id)).equals(DATA)).toBe(true);
});

test('an image with only an md5 is read and pinned by the md5', async () => {
  const { id } = await bench.current.addImage(DATA);
  update(id, 'os_hash_algo = NULL, os_hash_value = NULL');
  const { record, pin } = await bench.store.inspect(bench.own(id));
  const { md5 } = digestsOfBytes(DATA);
  expect(record).toMatchObject({ os_hash_algo: null, os_hash_value: null, checksum: md5 });
  expect(pin).toContain(md5);
  expect((await bench.data(id)).equals(DATA)).toBe(true);
});

test('a digest of another algorithm is ignored', async () => {
  const { id } = await bench.current.addImage(DATA);
  update(id, "os_hash_algo = 'sha3_512', os_hash_value = 'abcdef'");
  const { record } = await bench.store.inspect(bench.own(id));
  expect(record).toMatchObject({ os_hash_algo: null, os_hash_value: null });
});

test('bytes of another format than the one that is named are refused with the status of Glance', async () => {
  const ref = bench.ref(DATA);
  await expect(makeImage(bench.store, ref, DATA, { disk_format: 'qcow2' })).rejects.toMatchObject({
    code: 'invalid_image',
    message: expect.stringContaining('415'),
  });
  await bench.store.discard(ref, LAST);
  expect(await bench.current.traces()).toEqual([]);
});

test('an image that stays in saving is spoilt after the timeout, and can be discarded', async () => {
  const store = bench.current.reopened({ saving_timeout: '1s' });
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  update(ref.image_id, "status = 'saving'");
  const sink = await openStreamSink(store, ref, 1, DATA.length);
  const upload = sink.upload(inChunks(DATA, 100_000), new AbortController().signal);
  expect(await codeOf(upload)).toBe('spoilt');
  await store.discard(ref, LAST);
  expect(await bench.current.rig.show(ref.image_id)).toEqual({ status: 'gone' });
});

test('an upload waits for an image that is still saving', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  update(ref.image_id, "status = 'saving'");
  setTimeout(() => update(ref.image_id, "status = 'queued'"), 800);
  await fillImage(bench.store, ref, DATA);
  expect(await bench.current.rig.show(ref.image_id)).toMatchObject({ status: 'active' });
});
