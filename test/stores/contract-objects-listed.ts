import { beforeEach, expect, test } from 'vitest';
import type { ObjectsBench } from './objects-bench.ts';
import { pathsOf } from './objects-under-test.ts';
import { anyone } from './store-under-test.ts';

/** Defines the tests of a list of objects. */
export function listedObjectsContract(bench: ObjectsBench): void {
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
    for (const path of [...present].reverse()) await bench.underTest.put(path, path);
  });

  test('objects are listed in the order of their UTF-8 bytes, with their sizes', async () => {
    const entries = [];
    for await (const entry of bench.objects.list('', null)) entries.push(entry);
    const sorted = [...present].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(entries).toEqual(sorted.map((path) => ({ path, size: Buffer.byteLength(path) })));
  });

  test('a list can be continued after any path, whether it exists or not', async () => {
    const all = await pathsOf(bench.objects);
    for (const [n, path] of all.entries()) {
      expect(await pathsOf(bench.objects, '', path)).toEqual(all.slice(n + 1));
      expect(await pathsOf(bench.objects, '', `${path}!`)).toEqual(all.slice(n + 1));
    }
    expect(await pathsOf(bench.objects, '', 'a/')).toEqual(all.slice(all.indexOf('a/b')));
    expect(await pathsOf(bench.objects, '', '\u{10ffff}')).toEqual([]);
  });

  test.each(['a', 'a/', 'a/b', 'a/b0/', 'a/b0/deep/er', 'a/b0/deep/er/', 'b/', 'a ', 'none', 'none/at/all'])(
    'only the objects whose paths begin with %j are found',
    async (prefix) => {
      const wanted = (await pathsOf(bench.objects)).filter((path) => path.startsWith(prefix));
      expect(await pathsOf(bench.objects, prefix)).toEqual(wanted);
      const [first, ...others] = wanted;
      if (first !== undefined) expect(await pathsOf(bench.objects, prefix, first)).toEqual(others);
    },
  );

  test('a list that is aborted ends before its next object, with the reason of the abort', async () => {
    const controller = new AbortController();
    const reason = new Error('the attempt is over');
    const paths: string[] = [];
    const list = async () => {
      for await (const { path } of bench.objects.list('', null, controller.signal)) {
        paths.push(path);
        controller.abort(reason);
      }
    };
    await expect(list()).rejects.toBe(reason);
    expect(paths).toEqual(['a b/c d']);
  });

  test('an unfinished object is not listed', async () => {
    const before = await pathsOf(bench.objects);
    await bench.fill(bench.refTo('a/new'));
    expect(await pathsOf(bench.objects)).toEqual(before);
  });

  test('each listed object can be read and inspected by its path', async () => {
    for (const path of present) {
      expect(await bench.text(path)).toBe(path);
      const { record } = await bench.objects.inspect(anyone(path));
      expect(record).toMatchObject({
        id: path,
        name: path.split('/').at(-1),
        size: Buffer.byteLength(path),
        status: 'active',
        os_hash_value: null,
      });
    }
  });
}
