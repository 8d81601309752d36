import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Watch } from '../../src/stores/index.ts';
import { committing, copyFor } from './make-image.ts';
import { DATA, frozenAfter, LATER, noLonger, type ObjectsBench, OLD } from './objects-bench.ts';
import { anyone, codeOf, LAST } from './store-under-test.ts';

/** Defines the tests of objects that a copy makes. */
export function destinationObjectsContract(bench: ObjectsBench): void {
  test.each(['x', 'deep/er/x', 'ü/a b+c%20/😀'])('a commit puts the whole object to %j', async (path) => {
    const ref = bench.refTo(path);
    await bench.fill(ref);
    expect(await codeOf(bench.objects.inspect(anyone(path)))).toBe('not_found');
    await bench.commit(ref);
    expect((await bench.data(path)).equals(DATA)).toBe(true);
    expect(await bench.underTest.traces()).toEqual([path]);
  });

  test('an object may be empty', async () => {
    const nothing = Buffer.alloc(0);
    const ref = bench.refTo('deep/x', nothing);
    await bench.fill(ref, nothing);
    await bench.commit(ref, nothing);
    expect(await bench.text('deep/x')).toBe('');
  });

  test('a commit replaces the old object, which stays until then', async () => {
    await bench.underTest.put('deep/x', OLD);
    const ref = bench.refTo('deep/x');
    await bench.fill(ref);
    expect(await bench.text('deep/x')).toBe(OLD.toString());
    await bench.commit(ref);
    expect((await bench.data('deep/x')).equals(DATA)).toBe(true);
    expect(await bench.underTest.traces()).toEqual(['deep/x']);
  });

  test('a commit that turns out to be no longer wanted leaves the old object', async () => {
    await bench.underTest.put('x', OLD);
    const ref = bench.refTo('x');
    await bench.fill(ref);
    const watch: Watch = { signal: new AbortController().signal, moved() {}, confirm: noLonger };
    const commit = bench.objects.commit(committing(ref, DATA), LAST, copyFor(ref, DATA), watch);
    await expect(commit).rejects.toThrow('no longer wanted');
    expect(await bench.text('x')).toBe(OLD.toString());
    await bench.objects.discard(ref, LAST);
    expect(await bench.underTest.traces()).toEqual(['x']);
  });

  test.each([false, true])(
    'a commit that was frozen right before its effect leaves a newer object alone (old object: %s)',
    async (there) => {
      if (there) await bench.underTest.put('x', OLD);
      const ref = bench.refTo('x');
      await bench.fill(ref);
      const confirm = frozenAfter(1, bench.objects);
      const watch: Watch = { signal: new AbortController().signal, moved() {}, confirm };
      const commit = bench.objects.commit(committing(ref, DATA), LAST, copyFor(ref, DATA), watch);
      await expect(commit).rejects.toThrow('no longer wanted');
      await bench.objects.discard(ref, LAST);
      expect(await bench.text('x')).toBe(LATER.toString());
      expect(await bench.underTest.traces()).toEqual(['x']);
    },
  );

  test('every step may be repeated', async () => {
    const ref = bench.refTo('deep/x');
    await Promise.all([bench.prepare(ref), bench.prepare(ref), bench.prepare(ref)]);
    await bench.prepare(ref);
    await bench.fill(ref);
    await bench.commit(ref);
    await bench.commit(ref);
    expect((await bench.data('deep/x')).equals(DATA)).toBe(true);
    expect(await bench.underTest.traces()).toEqual(['deep/x']);
  });

  test('a commit that is repeated after a late prepare leaves the committed object', async () => {
    const ref = bench.refTo('x');
    await bench.fill(ref);
    await bench.commit(ref);
    // Some servers do not accept an object again after it was deleted.
    expect(['success', 'conflict']).toContain(await codeOf(bench.prepare(ref)));
    await bench.commit(ref);
    expect((await bench.data('x')).equals(DATA)).toBe(true);
  });

  test('an object that is not whole is never committed', async () => {
    await bench.underTest.put('x', OLD);
    const ref = bench.refTo('x');
    expect(await codeOf(bench.commit(ref))).toBe('not_found');
    await bench.prepare(ref);
    expect(await codeOf(bench.commit(ref))).toBe('not_found');
    expect(await bench.text('x')).toBe(OLD.toString());
    expect(await codeOf(bench.objects.openSink(bench.refTo('x'), 1, DATA.length))).toBe('not_found');
  });

  test('another object of the same size does not make a commit succeed', async () => {
    const others = randomBytes(DATA.length);
    await bench.underTest.put('x', others);
    expect(await codeOf(bench.commit(bench.refTo('x')))).toBe('not_found');
    expect((await bench.data('x')).equals(others)).toBe(true);
  });

  test('if two jobs make the same object, the last commit counts', async () => {
    const others = randomBytes(1_200_000);
    const [first, second] = [bench.refTo('deep/x'), bench.refTo('deep/x', others)];
    await bench.fill(first);
    await bench.fill(second, others);
    await bench.commit(second, others);
    await bench.commit(first);
    expect((await bench.data('deep/x')).equals(DATA)).toBe(true);
    expect(await bench.underTest.traces()).toEqual(['deep/x']);
  });

  test.each([true, false])(
    'a discard removes what was not committed, and leaves the old object (old object: %s)',
    async (before) => {
      if (before) await bench.underTest.put('deep/x', OLD);
      await bench.underTest.put('y', 'y');
      const ref = bench.refTo('deep/x');
      await bench.fill(ref);
      const again = await bench.objects.openSink(ref, 2, DATA.length);
      await bench.objects.discard(ref, LAST);
      await again.close();
      await bench.objects.discard(committing(ref, DATA), LAST);
      expect(await bench.underTest.traces()).toEqual(before ? ['deep/x', 'y'] : ['y']);
      expect(await codeOf(bench.commit(ref))).toBe('not_found');
      expect(await codeOf(bench.objects.openSink(ref, 3, DATA.length))).toBe('not_found');
      if (before) expect(await bench.text('deep/x')).toBe(OLD.toString());
    },
  );

  test('a discard after the commit leaves the committed object', async () => {
    const ref = bench.refTo('deep/x');
    await bench.fill(ref);
    await bench.commit(ref);
    await bench.objects.discard(committing(ref, DATA), LAST);
    await bench.objects.discard(ref, LAST);
    expect((await bench.data('deep/x')).equals(DATA)).toBe(true);
  });

  test('a discard by another job does not disturb the commit', async () => {
    const ref = bench.refTo('x');
    await bench.fill(ref);
    await bench.objects.discard(bench.refTo('x'), LAST);
    await bench.commit(ref);
    expect((await bench.data('x')).equals(DATA)).toBe(true);
  });
}
