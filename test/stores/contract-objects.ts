import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { destinationObjectsContract } from './contract-objects-destination.ts';
import { listedObjectsContract } from './contract-objects-listed.ts';
import { sourceObjectsContract, wholeObjectsContract } from './contract-objects-whole.ts';
import { DATA, type ObjectsBench, objectsBench } from './objects-bench.ts';
import { bytesOf, type OpenObjects, pathsOf } from './objects-under-test.ts';
import { anyone, codeOf, LAST } from './store-under-test.ts';

const { signal } = new AbortController();

/** Defines the tests of the contract that the objects of every kind of store MUST keep. */
export function objectsContract(name: string, open: OpenObjects): void {
  describe(`objects of a ${name} store`, () => {
    const bench = objectsBench(open);
    describe('in lists', () => listedObjectsContract(bench));
    describe('that are read and written whole', () => wholeObjectsContract(bench));
    describe('as a source', () => sourceObjectsContract(bench));
    describe('as a destination', () => destinationObjectsContract(bench));
    pathsContract(bench);
  });
}

/** Defines the tests of which texts are valid paths. */
function pathsContract(bench: ObjectsBench): void {
  test.each(['', 'a\0b', 'a/', '..', '../x', 'a/../b', 'a/./b', '.image-replicator/x', 'x\ud800'])(
    '%j is not a valid path',
    async (path) => {
      const ref = bench.refTo(path);
      expect(await codeOf(bench.objects.inspect(anyone(path)))).toBe('invalid_image');
      expect(await codeOf(bytesOf(bench.objects, path))).toBe('invalid_image');
      expect(await codeOf(bench.objects.write(path, DATA, signal))).toBe('invalid_image');
      expect(await codeOf(bench.prepare(ref))).toBe('invalid_image');
      expect(await codeOf(bench.objects.openSink(ref, 1, DATA.length))).toBe('invalid_image');
      expect(await codeOf(bench.commit(ref))).toBe('invalid_image');
      await bench.objects.discard(ref, LAST);
      expect(await bench.underTest.traces()).toEqual([]);
      if (path !== '') await expect(bench.prepare(ref)).rejects.toThrow(JSON.stringify(path));
    },
  );

  test('a path may contain control characters', async () => {
    const path = 'tab\t/lf\n/cr\r/esc\x1b[2J/del\x7f/nel\x85/soh\x01';
    await bench.objects.write(path, DATA, signal);
    expect((await bytesOf(bench.objects, path)).equals(DATA)).toBe(true);
    const ref = bench.refTo(`${path}.copy`);
    await bench.fill(ref);
    await bench.commit(ref);
    expect((await bench.data(ref.image_id)).equals(DATA)).toBe(true);
  });

  test('an unfinished object is not in the way of another path', async () => {
    const path = randomUUID();
    await bench.prepare(bench.refTo(path));
    await bench.objects.write(`${path}/below`, DATA, signal);
    expect(await pathsOf(bench.objects)).toEqual([`${path}/below`]);
  });
}
