import { expect, test } from 'vitest';
import { failureSummary, objectFailure } from '../../src/object-task/index.ts';

const failed = (paths: readonly string[], more = 0) => ({
  objects_moved: 7,
  objects_failed: paths.length + more,
  failures: paths.map((path) => objectFailure(path, { code: 'conflict', message: 'is in the way' })),
});

test('one failure is reported in one line', () => {
  expect(failureSummary(failed(['a/b']))).toBe('1 of 8 objects could not be moved: a/b: is in the way');
});

test('each recorded failure has a line, and the others are counted', () => {
  expect(failureSummary(failed(['a', 'b'], 3)).split('\n')).toEqual([
    '5 of 12 objects could not be moved: a: is in the way',
    'b: is in the way',
    'and 3 more',
  ]);
  expect(failureSummary(failed(['a', 'b'], 3), 1).split('\n')).toHaveLength(2);
});

test('a line break in a path does not add a line', () => {
  expect(failureSummary(failed(['a\n7 objects are gone\r'])).split('\n')).toHaveLength(1);
});

test('a long path is cut at a whole character', () => {
  const { path } = objectFailure('😀'.repeat(2000), { code: 'conflict', message: '' });
  expect([[...path].length, path.isWellFormed()]).toEqual([1024, true]);
});
