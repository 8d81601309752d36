import { describe, expect, test } from 'vitest';
import { badTransitions, fallingProgress, unended, wrongImages } from '../chaos/invariants.ts';

const seen = (...steps: readonly (readonly [string, number])[]) =>
  steps.map(([status, progress]) => ({ status: status as 'error', progress, phase: null }));

describe('what was seen of a job', () => {
  test('a status may skip what lies between', () => {
    expect(badTransitions(seen(['replicate_requested', 0], ['replicated', 100]))).toEqual([]);
    expect(badTransitions(seen(['replicating', 10], ['canceled', 10]))).toEqual([]);
  });

  test('no job leaves its end, nor goes back', () => {
    expect(badTransitions(seen(['error', 0], ['replicating', 0]))).toHaveLength(1);
    expect(badTransitions(seen(['canceling', 0], ['replicated', 0]))).toHaveLength(1);
    expect(badTransitions(seen(['canceling', 0], ['error', 0]), { again: true })).toHaveLength(1);
  });

  test('a job that was reset may begin again', () => {
    expect(badTransitions(seen(['replicated', 100], ['replicate_requested', 0]), { again: true })).toEqual(
      [],
    );
    expect(badTransitions(seen(['canceling', 0], ['cancel_requested', 0]), { again: true })).toEqual([]);
  });

  test('a job that is terminated ends as error, also while it is being cancelled', () => {
    const terminated = true;
    expect(badTransitions(seen(['canceling', 0], ['error', 0]), { terminated })).toEqual([]);
    expect(badTransitions(seen(['cancel_requested', 0], ['error', 0]), { terminated })).toEqual([]);
    expect(badTransitions(seen(['canceling', 0], ['replicated', 0]), { terminated })).toHaveLength(1);
    expect(badTransitions(seen(['replicated', 0], ['error', 0]), { terminated })).toHaveLength(1);
  });

  test('progress never goes down, but where a job that had ended begins again', () => {
    expect(fallingProgress(seen(['replicating', 40], ['canceled', 0]))).toHaveLength(1);
    expect(fallingProgress(seen(['replicating', 40], ['replicate_requested', 0]))).toHaveLength(1);
    expect(fallingProgress(seen(['replicated', 100], ['replicate_requested', 0]))).toEqual([]);
  });

  test('it has to end, and as it should', () => {
    expect(unended('replicating', ['replicated'])).toHaveLength(1);
    expect(unended('error', ['replicated', 'canceled'])).toHaveLength(1);
    expect(unended('canceled', ['replicated', 'canceled'])).toEqual([]);
  });
});

describe('what is at the destination', () => {
  const wanted = { id: 'copy', sha512: 'right' };
  const look = (...images: readonly { id: string; sha512: string }[]) => ({
    images: images.map((image) => ({ ...image, bytes: 1 })),
    rest: [],
  });

  test('after replicated it is the one image, with its bytes', () => {
    expect(wrongImages('replicated', wanted, null, look(wanted))).toEqual([]);
    expect(wrongImages('replicated', wanted, null, look())).toHaveLength(1);
    expect(wrongImages('replicated', wanted, null, look({ ...wanted, sha512: 'wrong' }))).toHaveLength(1);
    expect(wrongImages('replicated', wanted, null, look(wanted, { id: 'b', sha512: 'right' }))).toHaveLength(
      1,
    );
  });

  test('after error or canceled there is no image, and an object is what it was', () => {
    expect(wrongImages('error', wanted, null, look())).toEqual([]);
    expect(wrongImages('canceled', wanted, null, look(wanted))).toHaveLength(1);
    const old = { sha512: 'old' };
    expect(wrongImages('canceled', wanted, old, look({ id: 'copy', sha512: 'old' }))).toEqual([]);
    expect(wrongImages('canceled', wanted, old, look(wanted), wanted.sha512)).toEqual([]);
    expect(wrongImages('canceled', wanted, old, look(wanted))).toHaveLength(1);
    expect(wrongImages('error', wanted, old, look())).toHaveLength(1);
  });
});
