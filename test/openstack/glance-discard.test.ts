import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { committing, copyFor, fillImage, makeImage } from '../stores/make-image.ts';
import { storeBench } from '../stores/store-bench.ts';
import { codeOf, LAST } from '../stores/store-under-test.ts';
import { openGlance } from './glance-under-test.ts';

const DATA = randomBytes(10_000);
const protect = { op: 'replace', path: '/protected', value: true };

const bench = storeBench(() => openGlance());

test('a discard removes an unfinished image even if somebody has protected it', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  await bench.current.rig.patch(ref.image_id, protect);
  await bench.store.discard(ref, LAST);
  expect(await bench.current.traces()).toEqual([]);
});

test('a discard undoes a commit that went through, even of a protected image', async () => {
  const ref = bench.ref(DATA);
  await makeImage(bench.store, ref, DATA, { protected: true, os_hidden: true });
  expect(await bench.current.rig.show(ref.image_id)).toMatchObject({ protected: true });
  await bench.store.discard(committing(ref, DATA), LAST);
  expect(await bench.current.traces()).toEqual([]);
});

test('a commit may be repeated after its answer was lost', async () => {
  const ref = bench.ref(DATA);
  const record = await makeImage(bench.store, ref, DATA, { protected: true });
  await bench.store.commit(committing(ref, DATA), LAST, record);
  expect(await bench.current.rig.show(ref.image_id)).toMatchObject({ status: 'active', protected: true });
});

test('a discard leaves an image without a mark alone, unless it has the bytes of a commit that is undone', async () => {
  const ref = bench.ref(DATA);
  await makeImage(bench.store, ref, DATA);
  await bench.store.discard(ref, LAST);
  expect(await bench.listed()).toEqual([ref.image_id]);
  const other = randomBytes(10_000);
  await bench.store.discard(committing(ref, other), LAST);
  expect(await bench.listed()).toEqual([ref.image_id]);
});

test('a commit of an image that is gone fails with not_found', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  await fillImage(bench.store, ref, DATA);
  await bench.current.rig.call('a', 'DELETE', `/${ref.image_id}`);
  expect(await codeOf(bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA)))).toBe('not_found');
  await bench.store.discard(committing(ref, DATA), LAST);
});

test("an image is made in its owner's project, and only there", async () => {
  const ref = bench.ref(DATA, { tenant_id: bench.current.tenants.b });
  await bench.make(ref, DATA);
  expect(await bench.current.rig.show(ref.image_id)).toMatchObject({ owner: bench.current.tenants.b });
  expect(await bench.listed('a')).toEqual([]);
  await bench.store.discard(committing({ ...ref, tenant_id: bench.current.tenants.a }, DATA), LAST);
  expect(await bench.listed('b')).toEqual([ref.image_id]);
});

test('a discard that is not wanted any more leaves the image to the run that goes on with it', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  const { signal } = new AbortController();
  const confirm = async () => {
    throw new StoreError('conflict', 'the job was reset');
  };
  expect(await codeOf(bench.store.discard(ref, LAST, { signal, moved() {}, confirm }))).toBe('conflict');
  await fillImage(bench.store, ref, DATA);
  await bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
  expect(await bench.listed()).toEqual([ref.image_id]);
});

test('a discard trusts no answer that is older than its own look at the image', async () => {
  const ref = bench.ref(DATA);
  await bench.make(ref, DATA);
  const begun = performance.now();
  const asked: number[] = [];
  const confirm = async (since = 0) => void asked.push(since);
  const { signal } = new AbortController();
  await bench.store.discard(committing(ref, DATA), LAST, { signal, moved() {}, confirm });
  expect(asked).not.toEqual([]);
  expect(Math.min(...asked)).toBeGreaterThan(begun);
});

test('a committed image that may be about to be removed is neither adopted nor taken for committed', async () => {
  const ref = committing(bench.ref(DATA), DATA);
  const record = await makeImage(bench.store, ref, DATA);
  const contested = { ...ref, contested: true } as const;
  expect(await codeOf(bench.store.adopt(contested, LAST))).toBe('spoilt');
  expect(await codeOf(bench.store.commit(contested, LAST, record))).toBe('spoilt');
  expect(await bench.store.adopt(ref, LAST)).toMatchObject({ id: ref.image_id });
  expect(await bench.listed()).toEqual([ref.image_id]);
});

test('an image of which no run can have come to its commit is not adopted, though it has the right bytes', async () => {
  const ref = bench.ref(DATA);
  await makeImage(bench.store, ref, DATA);
  expect(await bench.store.adopt(ref, LAST)).toBeNull();
});

test('an image id is used up as soon as its image is being removed', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  const doom = { op: 'replace', path: '/image_replicator_job', value: `${ref.mark} doomed` };
  await bench.current.rig.patch(ref.image_id, doom);
  expect(await codeOf(bench.prepare(ref, DATA))).toBe('spoilt');
  await bench.store.discard(ref, LAST);
});

test('the removal of a leftover is confirmed first, and reports whether it was done', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  const found = async () => {
    const ended = (async function* () {
      yield ref;
    })();
    for await (const leftover of bench.store.leftovers(ended)) return leftover;
    return undefined;
  };
  const needed = async () => {
    throw new StoreError('conflict', 'its job goes on');
  };
  expect(await (await found())?.remove(needed)).toBe(false);
  expect(await bench.current.traces()).not.toEqual([]);
  expect(await (await found())?.remove(async () => {})).toBe(true);
  expect(await bench.current.traces()).toEqual([]);
});

test('a leftover is found behind a job of a project that is gone', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  const ended = (async function* () {
    yield { ...ref, tenant_id: 'f'.repeat(32) };
    yield ref;
  })();
  const marks = [];
  for await (const { mark } of bench.store.leftovers(ended)) marks.push(mark);
  expect(marks).toEqual([ref.mark]);
  await bench.store.discard(ref, LAST);
});

test('a discard whose doom was undone fails, and its repeat removes the image', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  const { signal } = new AbortController();
  let asked = 0;
  // Imitates a change that Glance began before the doom. Glance writes back the mark that it has read.
  const undo = async () => {
    asked += 1;
    const operation = { op: 'replace', path: '/image_replicator_job', value: ref.mark };
    if (asked === 2) await bench.current.rig.patch(ref.image_id, operation);
  };
  const discard = () => bench.store.discard(ref, LAST, { signal, moved() {}, confirm: undo });
  expect(await codeOf(discard())).toBe('unavailable');
  await discard();
  expect(await bench.current.traces()).toEqual([]);
});

test('a discard that was frozen after its doom spares an image that was published in the meantime', async () => {
  const ref = bench.ref(DATA);
  await bench.prepare(ref, DATA);
  await fillImage(bench.store, ref, DATA);
  const { signal } = new AbortController();
  let asked = 0;
  // Imitates the patch of a commit that looked at the image before the doom.
  const publish = async () => {
    asked += 1;
    if (asked === 2)
      await bench.current.rig.patch(ref.image_id, { op: 'remove', path: '/image_replicator_job' });
  };
  await bench.store.discard(ref, LAST, { signal, moved() {}, confirm: publish });
  expect(await bench.listed()).toEqual([ref.image_id]);
  await bench.store.discard(committing(ref, DATA), LAST);
  expect(await bench.current.traces()).toEqual([]);
});
