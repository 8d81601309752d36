import { expect, onTestFinished, test } from 'vitest';
import { DATA, frozenAfter, LATER, noLonger, type ObjectsBench, OLD } from './objects-bench.ts';
import { bytesOf, pathsOf } from './objects-under-test.ts';
import { anyone, codeOf, readAll } from './store-under-test.ts';

const { signal } = new AbortController();

/** Defines the tests of objects that are read and written as a whole. */
export function wholeObjectsContract(bench: ObjectsBench): void {
  test.each(['x', 'deep/er/x', 'a b', 'a+b%20c', 'ü/日本/😀', "it's & <x>"])(
    'a write to %j replaces the old object, and can be read',
    async (path) => {
      await bench.underTest.put(path, OLD);
      await bench.objects.write(path, DATA, signal);
      expect((await bytesOf(bench.objects, path)).equals(DATA)).toBe(true);
      await bench.objects.write(path, Buffer.alloc(0), signal);
      expect(await bench.text(path)).toBe('');
      expect(await pathsOf(bench.objects)).toEqual([path]);
      expect(await bench.underTest.traces()).toEqual([path]);
    },
  );

  test('an object that does not exist is not found, and the message names it', async () => {
    await bench.underTest.put('x', 'x');
    for (const path of ['y', 'y/z', 'x/y']) {
      expect(await codeOf(bytesOf(bench.objects, path))).toBe('not_found');
      expect(await codeOf(bench.objects.inspect(anyone(path)))).toBe('not_found');
      expect(await codeOf(bench.objects.openReader(anyone(path), 'pin'))).not.toBe('success');
      await expect(bytesOf(bench.objects, path)).rejects.toThrow(path);
    }
  });

  test('an object that is larger than the buffer has changed, and the message names it', async () => {
    await bench.underTest.put('x', DATA);
    expect(await codeOf(bytesOf(bench.objects, 'x', DATA.length - 1))).toBe('changed');
    await expect(bytesOf(bench.objects, 'x', 1)).rejects.toThrow('"x" has grown');
    expect((await bytesOf(bench.objects, 'x', DATA.length)).equals(DATA)).toBe(true);
  });

  test("an abort ends a read or a write with the signal's reason, and nothing is written", async () => {
    await bench.underTest.put('x', OLD);
    const reason = new Error('enough');
    await expect(bench.objects.read('x', Buffer.alloc(9), AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(bench.objects.write('x', DATA, AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(bench.objects.write('new/x', DATA, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await bench.text('x')).toBe(OLD.toString());
    expect(await bench.underTest.traces()).toEqual(['x']);
  });

  test('a write that turns out to be no longer wanted leaves the old object', async () => {
    await bench.underTest.put('x', OLD);
    for (const path of ['x', 'new/x'])
      await expect(bench.objects.write(path, DATA, signal, {}, noLonger)).rejects.toThrow('no longer wanted');
    expect(await bench.text('x')).toBe(OLD.toString());
    expect(await bench.underTest.traces()).toEqual(['x']);
  });

  test.each([
    [1, false],
    [1, true],
    [2, true],
  ])(
    'a write that was frozen after confirmation %d leaves a newer object alone (old object: %s)',
    async (nth, there) => {
      if (there) await bench.underTest.put('x', OLD);
      const confirm = frozenAfter(nth, bench.objects);
      await expect(bench.objects.write('x', DATA, signal, {}, confirm)).rejects.toThrow('no longer wanted');
      expect(await bench.text('x')).toBe(LATER.toString());
      expect(await bench.underTest.traces()).toEqual(['x']);
    },
  );

  test('if several writers write the same path at the same time, the data of one of them stays', async () => {
    const all = Array.from({ length: 8 }, (_, n) => Buffer.alloc(100_000, `${n}`));
    await Promise.all(all.map((data) => bench.objects.write('deep/er/x', data, signal)));
    const stays = await bytesOf(bench.objects, 'deep/er/x');
    expect(all.some((data) => data.equals(stays))).toBe(true);
    expect(await bench.underTest.traces()).toEqual(['deep/er/x']);
  });
}

/** Defines the tests of objects that are the source of a copy. */
export function sourceObjectsContract(bench: ObjectsBench): void {
  test('any range of an object can be read', async () => {
    await bench.underTest.put('deep/x', DATA);
    const { pin } = await bench.objects.inspect(anyone('deep/x'));
    const reader = await bench.objects.openReader(anyone('deep/x'), pin);
    onTestFinished(() => reader.close());
    for (const range of [
      [0, DATA.length],
      [1_048_575, 1_048_577],
      [7, 7],
    ] as const) {
      expect((await readAll(reader, range)).equals(DATA.subarray(...range))).toBe(true);
    }
  });

  test('an object that was replaced after it was inspected fails with `changed`', async () => {
    await bench.underTest.put('x', DATA);
    const { pin } = await bench.objects.inspect(anyone('x'));
    await bench.objects.write('x', Buffer.alloc(DATA.length, 'r'), signal);
    expect(await codeOf(bench.objects.openReader(anyone('x'), pin))).toBe('changed');
    await bench.underTest.put('y', DATA);
    expect(await codeOf(bench.objects.openReader(anyone('y'), pin))).toBe('changed');
  });
}
