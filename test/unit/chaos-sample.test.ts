import { expect, test } from 'vitest';
import { allTrials } from '../chaos/catalogue.ts';
import { parseOptions } from '../chaos/options.ts';
import { randomOf } from '../chaos/random.ts';
import { ROWS } from '../chaos/rows.ts';
import { stratified } from '../chaos/sample.ts';
import { STORES } from '../chaos/store-name.ts';
import { nameOf } from '../chaos/trial.ts';

test('every row of the report has trials, and no two trials have the same name', () => {
  const trials = allTrials(1);
  expect(new Set(trials.map(({ fault }) => fault.row))).toEqual(new Set(Object.keys(ROWS)));
  expect(new Set(trials.map(nameOf)).size).toBe(trials.length);
});

test('a sample has every store, and every row once before any row comes twice', () => {
  const rows = Object.keys(ROWS).length;
  const first = stratified(allTrials(5), randomOf(5)).slice(0, rows);
  expect(new Set(first.map(({ fault }) => fault.row)).size).toBe(rows);
  expect(new Set(first.map(({ store }) => store))).toEqual(new Set(STORES));
});

test('a seed makes the same trials again, alone or among others', () => {
  const one = (seed: number) => allTrials(seed).find((trial) => nameOf(trial) === 'kill/committing/s3')?.seed;
  expect(one(7)).toBe(one(7));
  expect(one(7)).not.toBe(one(8));
  const order = (seed: number) => stratified(allTrials(seed), randomOf(seed)).map(nameOf);
  expect(order(3)).toEqual(order(3));
});

test.each([
  ['kill', true],
  ['kill/*/s3', true],
  ['kil', false],
  ['freeze-*,kill/committing', true],
  ['*/committing/glance', false],
])('--only %s selects kill/committing/s3: %s', (only, isMatch) => {
  expect(parseOptions(['--only', only]).only?.test('kill/committing/s3')).toBe(isMatch);
});
