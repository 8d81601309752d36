import { expect, test } from 'vitest';
import { copyProgress, JOB_STATUSES } from '../../src/copy-job/index.ts';

const UNFINISHED = JOB_STATUSES.filter((status) => status !== 'replicated');

test.each(UNFINISHED)(
  'a job that is %s is never at 100 percent, even if every byte has arrived',
  (status) => {
    expect(copyProgress(status, 1000, 1000)).toBe(99);
  },
);

test.each([[null], [0], [1000]])('a replicated job is at 100 percent, whatever its size (%s)', (size) => {
  expect(copyProgress('replicated', 0, size)).toBe(100);
});

test('a job whose size is not known yet is at 0 percent', () => {
  expect(copyProgress('replicate_requested', 0, null)).toBe(0);
});

test('a job for an empty image is at 0 percent until it is replicated', () => {
  expect(copyProgress('replicating', 0, 0)).toBe(0);
});

test('a percent counts only once its last byte has arrived', () => {
  for (let percent = 1; percent <= 99; percent++) {
    expect(copyProgress('replicating', percent, 100)).toBe(percent);
    expect(copyProgress('replicating', percent * 10 - 1, 1000)).toBe(percent - 1);
  }
});

test('progress is a whole number that never goes down while bytes are added', () => {
  const size = 4_294_967_311;
  let last = 0;
  for (let bytes = 0; bytes <= size; bytes += 1_234_567) {
    const progress = copyProgress('replicating', bytes, size);
    expect(Number.isInteger(progress)).toBe(true);
    expect(progress).toBeGreaterThanOrEqual(last);
    last = progress;
  }
});
