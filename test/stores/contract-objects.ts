import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { DestinationRef, ObjectStore } from '../../src/stores/index.ts';
import { committing, copyFor, fillImage } from './make-image.ts';
import { asStore, bytesOf, type ObjectsUnderTest, type OpenObjects, pathsOf } from './objects-under-test.ts';
import { anyone, codeOf, dataOf, digestsOfBytes, FIRST, LAST, newRef, readAll } from './store-under-test.ts';

const DATA = randomBytes(2_500_000);
const OLD = Buffer.from('what was there before');
const { signal } = new AbortController();

/** Defines the tests of the contract that the objects of every store MUST keep, whatever it is made of. */
export function objectsContract(name: string, open: OpenObjects): void {
  describe(`objects of a ${name} store`, () => {
    let underTest: ObjectsUnderTest;
    let objects: ObjectStore;
    beforeEach(async () => {
      underTest = await open();
      objects = underTest.objects;
    });
    afterEach(() => underTest.close());
    const text = async (path: string) => (await bytesOf(objects, path)).toString();
    const refTo = (path: string, data = DATA) => newRef({ image_id: path, digests: digestsOfBytes(data) });
    const prepare = (ref: DestinationRef, data = DATA) => objects.prepare(ref, FIRST, copyFor(ref, data));
    const fill = async (ref: DestinationRef, data = DATA) => {
      await prepare(ref, data);
      await fillImage(asStore(objects), ref, data);
    };
    const commit = (ref: DestinationRef, data = DATA) =>
      objects.commit(committing(ref, data), LAST, copyFor(ref, data));
    const data = (path: string) => dataOf(asStore(objects), path);

    describe('listed', () => {
      const PATHS = [
        'a',
        'a b/c d',
        'a%2Fb',
        'a+b',
        'a-b',
        'a.b/1',
        'a/b',
        'a/b.txt',
        'a/b0/deep/er',
        'a0',
        'b/ü',
        'b/日本',
        'b/\uff5e',
        'b/😀',
        'z',
      ];
      const present = PATHS.filter((path) => path !== 'a');
      beforeEach(async () => {
        for (const path of [...present].reverse()) await underTest.put(path, path);
      });

      test('they come in the order of their UTF-8 bytes, with their sizes', async () => {
        const entries = [];
        for await (const entry of objects.list('', null)) entries.push(entry);
        const sorted = [...present].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(entries).toEqual(sorted.map((path) => ({ path, size: Buffer.byteLength(path) })));
      });

      test('after each of them, and between any two, the list goes on', async () => {
        const all = await pathsOf(objects);
        for (const [n, path] of all.entries()) {
          expect(await pathsOf(objects, '', path)).toEqual(all.slice(n + 1));
          expect(await pathsOf(objects, '', `${path}!`)).toEqual(all.slice(n + 1));
        }
        expect(await pathsOf(objects, '', 'a/')).toEqual(all.slice(all.indexOf('a/b')));
        expect(await pathsOf(objects, '', '\u{10ffff}')).toEqual([]);
      });

      test.each([
        'a',
        'a/',
        'a/b',
        'a/b0/',
        'a/b0/deep/er',
        'a/b0/deep/er/',
        'b/',
        'a ',
        'none',
        'none/at/all',
      ])('those that begin with %j are found, and no others', async (prefix) => {
        const wanted = (await pathsOf(objects)).filter((path) => path.startsWith(prefix));
        expect(await pathsOf(objects, prefix)).toEqual(wanted);
        const [first, ...others] = wanted;
        if (first !== undefined) expect(await pathsOf(objects, prefix, first)).toEqual(others);
      });

      test('what is being made is in no list', async () => {
        const before = await pathsOf(objects);
        await fill(refTo('a/new'));
        expect(await pathsOf(objects)).toEqual(before);
      });

      test('each of them is read and inspected by its path', async () => {
        for (const path of present) {
          expect(await text(path)).toBe(path);
          const { record } = await objects.inspect(anyone(path));
          expect(record).toMatchObject({
            id: path,
            name: path.split('/').at(-1),
            size: Buffer.byteLength(path),
            status: 'active',
            os_hash_value: null,
          });
        }
      });
    });

    describe('read and written whole', () => {
      test.each(['x', 'deep/er/x', 'a b', 'a+b%20c', 'ü/日本/😀', "it's & <x>"])(
        'what is written to %j is what is read, and replaces what was there',
        async (path) => {
          await underTest.put(path, OLD);
          await objects.write(path, DATA, signal);
          expect((await bytesOf(objects, path)).equals(DATA)).toBe(true);
          await objects.write(path, Buffer.alloc(0), signal);
          expect(await text(path)).toBe('');
          expect(await pathsOf(objects)).toEqual([path]);
          expect(await underTest.traces()).toEqual([path]);
        },
      );

      test('what is not there is not found, and the message names it', async () => {
        await underTest.put('x', 'x');
        for (const path of ['y', 'y/z', 'x/y']) {
          expect(await codeOf(bytesOf(objects, path))).toBe('not_found');
          expect(await codeOf(objects.inspect(anyone(path)))).toBe('not_found');
          expect(await codeOf(objects.openReader(anyone(path), 'pin'))).not.toBe('success');
          await expect(bytesOf(objects, path)).rejects.toThrow(path);
        }
      });

      test('what has more bytes than there is room for has changed, and the message names it', async () => {
        await underTest.put('x', DATA);
        expect(await codeOf(bytesOf(objects, 'x', DATA.length - 1))).toBe('changed');
        await expect(bytesOf(objects, 'x', 1)).rejects.toThrow('"x" has grown');
        expect((await bytesOf(objects, 'x', DATA.length)).equals(DATA)).toBe(true);
      });

      test('an abort ends it with the reason of the signal, and nothing is written', async () => {
        await underTest.put('x', OLD);
        const reason = new Error('enough');
        await expect(objects.read('x', Buffer.alloc(9), AbortSignal.abort(reason))).rejects.toBe(reason);
        await expect(objects.write('x', DATA, AbortSignal.abort(reason))).rejects.toBe(reason);
        await expect(objects.write('new/x', DATA, AbortSignal.abort(reason))).rejects.toBe(reason);
        expect(await text('x')).toBe(OLD.toString());
        expect(await underTest.traces()).toEqual(['x']);
      });

      test('of those that write the same path at the same time one stays whole', async () => {
        const all = Array.from({ length: 8 }, (_, n) => Buffer.alloc(100_000, `${n}`));
        await Promise.all(all.map((data) => objects.write('deep/er/x', data, signal)));
        const stays = await bytesOf(objects, 'deep/er/x');
        expect(all.some((data) => data.equals(stays))).toBe(true);
        expect(await underTest.traces()).toEqual(['deep/er/x']);
      });
    });

    describe('as a source', () => {
      test('any range of it is read', async () => {
        await underTest.put('deep/x', DATA);
        const { pin } = await objects.inspect(anyone('deep/x'));
        const reader = await objects.openReader(anyone('deep/x'), pin);
        onTestFinished(() => reader.close());
        for (const range of [
          [0, DATA.length],
          [1_048_575, 1_048_577],
          [7, 7],
        ] as const) {
          expect((await readAll(reader, range)).equals(DATA.subarray(...range))).toBe(true);
        }
      });

      test('what was replaced since it was inspected has changed', async () => {
        await underTest.put('x', DATA);
        const { pin } = await objects.inspect(anyone('x'));
        await objects.write('x', Buffer.alloc(DATA.length, 'r'), signal);
        expect(await codeOf(objects.openReader(anyone('x'), pin))).toBe('changed');
        await underTest.put('y', DATA);
        expect(await codeOf(objects.openReader(anyone('y'), pin))).toBe('changed');
      });
    });

    describe('as a destination', () => {
      test.each(['x', 'deep/er/x', 'ü/a b+c%20/😀'])(
        'commit puts it to %j, and it is whole',
        async (path) => {
          const ref = refTo(path);
          await fill(ref);
          expect(await codeOf(objects.inspect(anyone(path)))).toBe('not_found');
          await commit(ref);
          expect((await data(path)).equals(DATA)).toBe(true);
          expect(await underTest.traces()).toEqual([path]);
        },
      );

      test('an object of no bytes is an object', async () => {
        const nothing = Buffer.alloc(0);
        const ref = refTo('deep/x', nothing);
        await fill(ref, nothing);
        await commit(ref, nothing);
        expect(await text('deep/x')).toBe('');
      });

      test('commit replaces what was there, which stays until then', async () => {
        await underTest.put('deep/x', OLD);
        const ref = refTo('deep/x');
        await fill(ref);
        expect(await text('deep/x')).toBe(OLD.toString());
        await commit(ref);
        expect((await data('deep/x')).equals(DATA)).toBe(true);
        expect(await underTest.traces()).toEqual(['deep/x']);
      });

      test('every step may be repeated', async () => {
        const ref = refTo('deep/x');
        await Promise.all([prepare(ref), prepare(ref), prepare(ref)]);
        await prepare(ref);
        await fill(ref);
        await commit(ref);
        await commit(ref);
        expect((await data('deep/x')).equals(DATA)).toBe(true);
        expect(await underTest.traces()).toEqual(['deep/x']);
      });

      test('a commit that is repeated after a late prepare leaves what was committed', async () => {
        const ref = refTo('x');
        await fill(ref);
        await commit(ref);
        // A server may not take an object again that was deleted.
        expect(['success', 'conflict']).toContain(await codeOf(prepare(ref)));
        await commit(ref);
        expect((await data('x')).equals(DATA)).toBe(true);
      });

      test('what is not whole is never committed', async () => {
        await underTest.put('x', OLD);
        const ref = refTo('x');
        expect(await codeOf(commit(ref))).toBe('not_found');
        await prepare(ref);
        expect(await codeOf(commit(ref))).toBe('not_found');
        expect(await text('x')).toBe(OLD.toString());
        expect(await codeOf(objects.openSink(refTo('x'), 1, DATA.length))).toBe('not_found');
      });

      test('two jobs make the same object, and the last commit stays', async () => {
        const others = randomBytes(1_200_000);
        const [first, second] = [refTo('deep/x'), refTo('deep/x', others)];
        await fill(first);
        await fill(second, others);
        await commit(second, others);
        await commit(first);
        expect((await data('deep/x')).equals(DATA)).toBe(true);
        expect(await underTest.traces()).toEqual(['deep/x']);
      });

      test.each([true, false])(
        'a discard leaves nothing of what was not committed, and what was there before (%s)',
        async (before) => {
          if (before) await underTest.put('deep/x', OLD);
          await underTest.put('y', 'y');
          const ref = refTo('deep/x');
          await fill(ref);
          const again = await objects.openSink(ref, 2, DATA.length);
          await objects.discard(ref, LAST);
          await again.close();
          await objects.discard(committing(ref, DATA), LAST);
          expect(await underTest.traces()).toEqual(before ? ['deep/x', 'y'] : ['y']);
          expect(await codeOf(commit(ref))).toBe('not_found');
          expect(await codeOf(objects.openSink(ref, 3, DATA.length))).toBe('not_found');
          if (before) expect(await text('deep/x')).toBe(OLD.toString());
        },
      );

      test('a discard after the commit leaves what was committed', async () => {
        const ref = refTo('deep/x');
        await fill(ref);
        await commit(ref);
        await objects.discard(committing(ref, DATA), LAST);
        await objects.discard(ref, LAST);
        expect((await data('deep/x')).equals(DATA)).toBe(true);
      });

      test("another job's discard does not disturb", async () => {
        const ref = refTo('x');
        await fill(ref);
        await objects.discard(refTo('x'), LAST);
        await commit(ref);
        expect((await data('x')).equals(DATA)).toBe(true);
      });
    });

    test.each(['', 'a\0b', 'a/', '..', '../x', 'a/../b', 'a/./b', '.image-replicator/x', 'x\ud800'])(
      '%j is no path',
      async (path) => {
        const ref = refTo(path);
        expect(await codeOf(objects.inspect(anyone(path)))).toBe('invalid_image');
        expect(await codeOf(bytesOf(objects, path))).toBe('invalid_image');
        expect(await codeOf(objects.write(path, DATA, signal))).toBe('invalid_image');
        expect(await codeOf(prepare(ref))).toBe('invalid_image');
        expect(await codeOf(objects.openSink(ref, 1, DATA.length))).toBe('invalid_image');
        expect(await codeOf(commit(ref))).toBe('invalid_image');
        await objects.discard(ref, LAST);
        expect(await underTest.traces()).toEqual([]);
        if (path !== '') await expect(prepare(ref)).rejects.toThrow(JSON.stringify(path));
      },
    );

    test('a path may have control characters', async () => {
      const path = 'tab\t/lf\n/cr\r/esc\x1b[2J/del\x7f/nel\x85/soh\x01';
      await objects.write(path, DATA, signal);
      expect((await bytesOf(objects, path)).equals(DATA)).toBe(true);
      const ref = refTo(`${path}.copy`);
      await fill(ref);
      await commit(ref);
      expect((await data(ref.image_id)).equals(DATA)).toBe(true);
    });

    test('what a job begins does not stand in the way of another path', async () => {
      const path = randomUUID();
      await prepare(refTo(path));
      await objects.write(`${path}/below`, DATA, signal);
      expect(await pathsOf(objects)).toEqual([`${path}/below`]);
    });
  });
}
