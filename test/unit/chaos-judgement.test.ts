import { describe, expect, test } from 'vitest';
import { badTransitions, fallingProgress, unended, wrongImages } from '../chaos/invariants.ts';

const seen = (...steps: readonly (readonly [string, number])[]) =>
  steps.map(([status, progress]) => ({ status: status as 'error', progress, phase: null }));

describe('the states that were seen of a job', () => {
  test('may skip a status in between', () => {
    expect(badTransitions(seen(['replicate_requested', 0], ['replicated', 100]))).toEqual([]);
    expect(badTransitions(seen(['replicating', 10], ['canceled', 10]))).toEqual([]);
  });

  test('may neither leave a final status nor go back', () => {
    expect(badTransitions(seen(['error', 0], ['replicating', 0]))).toHaveLength(1);
    expect(badTransitions(seen(['canceling', 0], ['replicated', 0]))).toHaveLength(1);
    expect(badTransitions(seen(['canceling', 0], ['error', 0]), { again: true })).toHaveLength(1);
  });

  test('may begin again if the job was reset', () => {
    expect(badTransitions(seen(['replicated', 100], ['replicate_requested', 0]), { again: true })).toEqual(
      [],
    );
    expect(badTransitions(seen(['canceling', 0], ['cancel_requested', 0]), { again: true })).toEqual([]);
  });

  test('may go to error if the job was terminated, even while it was being cancelled', () => {
    const terminated = true;
    expect(badTransitions(seen(['canceling', 0], ['error', 0]), { terminated })).toEqual([]);
    expect(badTransitions(seen(['cancel_requested', 0], ['error', 0]), { terminated })).toEqual([]);
    expect(badTransitions(seen(['canceling', 0], ['replicated', 0]), { terminated })).toHaveLength(1);
    expect(badTransitions(seen(['replicated', 0], ['error', 0]), { terminated })).toHaveLength(1);
  });

  test('may not have a falling progress, unless a job that had ended begins again', () => {
    expect(fallingProgress(seen(['replicating', 40], ['canceled', 0]))).toHaveLength(1);
    expect(fallingProgress(seen(['replicating', 40], ['replicate_requested', 0]))).toHaveLength(1);
    expect(fallingProgress(seen(['replicated', 100], ['replicate_requested', 0]))).toEqual([]);
  });

  test('have to end with one of the expected statuses', () => {
    expect(unended('replicating', ['replicated'])).toHaveLength(1);
    expect(unended('error', ['replicated', 'canceled'])).toHaveLength(1);
    expect(unended('canceled', ['replicated', 'canceled'])).toEqual([]);
  });
});

describe('the judgement of the destination', () => {
  const wanted = { id: 'copy', sha512: 'right' };
  const look = (...images: readonly { id: string; sha512: string }[]) => ({
    images: images.map((image) => ({ ...image, bytes: 1 })),
    rest: [],
  });

  test('expects one image with the right bytes after replicated', () => {
    expect(wrongImages('replicated', wanted, null, look(wanted))).toEqual([]);
    expect(wrongImages('replicated', wanted, null, look())).toHaveLength(1);
    expect(wrongImages('replicated', wanted, null, look({ ...wanted, sha512: 'wrong' }))).toHaveLength(1);
    expect(wrongImages('replicated', wanted, null, look(wanted, { id: 'b', sha512: 'right' }))).toHaveLength(
      1,
    );
  });

  test('expects after error or canceled what was there before: no image, or the earlier object', () => {
    expect(wrongImages('error', wanted, null, look())).toEqual([]);
    expect(wrongImages('canceled', wanted, null, look(wanted))).toHaveLength(1);
    const old = { sha512: 'old' };
    expect(wrongImages('canceled', wanted, old, look({ id: 'copy', sha512: 'old' }))).toEqual([]);
    expect(wrongImages('canceled', wanted, old, look(wanted), wanted.sha512)).toEqual([]);
    expect(wrongImages('canceled', wanted, old, look(wanted))).toHaveLength(1);
    expect(wrongImages('error', wanted, old, look())).toHaveLength(1);
  });
});
