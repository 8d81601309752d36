import { expect, test } from 'vitest';
import { LaneLimit } from '../../src/transfer/lane-limit.ts';
import { type Link, simulation } from '../support/simulated-link.ts';

const MB = 1e6;
const SECOND = 1000;
/** A link with 100 ms from a request to its first byte, and 10 MB/s for each connection. */
const LONG: Link = { connection: 10 * MB, delay: 100 };
const NEAR: Link = { connection: 1000 * MB, delay: 1, line: 400 * MB, part: 64e6 };

function begin(range = { min: 4, max: 64 }) {
  return simulation((now) => new LaneLimit(range, now));
}

test('lanes double as long as goodput grows with them', () => {
  const link = begin();
  expect(link.run(LONG, 2 * SECOND).lanes.at(-1)).toBe(64);
  expect(link.run(LONG, SECOND).goodput).toBeGreaterThan(500 * MB);
});

test('once a server far away has answered, there are four times as many lanes', () => {
  const limit = new LaneLimit({ min: 4, max: 64 }, () => 0);
  for (const lane of [0, 1, 2]) limit.answered(lane, 100);
  expect(limit.lanes).toBe(16);
  for (const lane of [0, 1, 2, 3]) limit.answered(lane, 100);
  expect(limit.lanes).toBe(16);
});

test('a server that is known to be far away gets four times as many lanes before any of them is answered', () => {
  const limit = new LaneLimit({ min: 4, max: 64 }, () => 0);
  limit.heard(100);
  limit.heard(100);
  expect(limit.lanes).toBe(16);
});

test('lanes that start late, and report only whole blocks, are found to help', () => {
  let now = 0;
  const limit = new LaneLimit({ min: 4, max: 64 }, () => now);
  limit.heard(100);
  now = 1000;
  for (let lane = 0; lane < 16; lane++) {
    now += 50;
    limit.setInUse(lane + 1);
  }
  now = 2800;
  for (let lane = 0; lane < 12; lane++) limit.moved(lane, 8 * MB, 1050 + 50 * lane);
  expect(limit.lanes).toBe(64);
});

test('a server nearby gets no more lanes just because it answers', () => {
  const limit = new LaneLimit({ min: 4, max: 64 }, () => 0);
  for (const lane of [0, 1, 2, 3]) limit.answered(lane, 5);
  expect(limit.lanes).toBe(4);
});

test('one quick answer is enough to recognise a busy server nearby', () => {
  const limit = new LaneLimit({ min: 4, max: 64 }, () => 0);
  for (const [lane, wait] of [60, 60, 3, 60, 60].entries()) limit.answered(lane, wait);
  expect(limit.lanes).toBe(4);
});

test('a server that has refused requests gets no more lanes just because it answers', () => {
  const limit = new LaneLimit({ min: 4, max: 64 }, () => 0);
  limit.refused(0);
  for (const lane of [0, 1, 2, 3]) limit.answered(lane, 100);
  expect(limit.lanes).toBe(4);
});

test.each([
  ['chunk by chunk', {}],
  ['only when a block has arrived', { reportsAtEnd: true, part: 5 * 1024 * 1024 }],
])('few lanes are used for a link that they all share, if they report %s', (_what, telling) => {
  const link = begin();
  link.run({ ...LONG, ...telling, line: 40 * MB }, 3 * SECOND);
  const { goodput, lanes } = link.run({ ...LONG, ...telling, line: 40 * MB }, 60 * SECOND);
  expect(goodput).toBeGreaterThan(0.88 * 40 * MB);
  expect(lanes.reduce((sum, count) => sum + count, 0) / lanes.length).toBeLessThan(12);
});

test('if one lane fills the link already, the number of lanes stays at the minimum', () => {
  const link = begin();
  link.run(NEAR, 3 * SECOND);
  const { lanes } = link.run(NEAR, 60 * SECOND);
  expect(lanes.filter((count) => count === 4).length).toBeGreaterThan(0.7 * lanes.length);
});

test('a link that becomes faster gets more lanes within a minute', () => {
  const link = begin();
  link.run({ ...LONG, line: 40 * MB }, 120 * SECOND);
  link.run(LONG, 60 * SECOND);
  expect(link.run(LONG, SECOND).lanes.at(-1)).toBeGreaterThan(40);
});

test('a link that becomes ten times slower gets fewer lanes', () => {
  const link = begin();
  link.run({ ...LONG, line: 400 * MB }, 10 * SECOND);
  const { lanes } = link.run({ ...LONG, line: 40 * MB }, 300 * SECOND);
  expect(lanes.at(-1)).toBeLessThan(32);
});

test('a server that refuses more than eight requests at a time hardly ever gets more', () => {
  const link = begin();
  const limited = { ...LONG, mostRequests: 8 };
  link.run(limited, 10 * SECOND);
  const { refused, requests, goodput } = link.run(limited, 120 * SECOND);
  expect(refused / requests).toBeLessThan(0.02);
  expect(goodput).toBeGreaterThan(50 * MB);
});

test('a refusal reduces lanes at once, and requests wait for as long as the server says', () => {
  const link = begin();
  link.run(LONG, 3 * SECOND);
  link.limit.refused(2 * SECOND);
  expect([link.limit.lanes, link.limit.pause]).toEqual([expect.toSatisfy((n) => n < 50), 2 * SECOND]);
  link.run(LONG, 1.5 * SECOND);
  expect(link.limit.pause).toBeGreaterThan(0);
});

test('many refusals at the same time count as one', () => {
  const link = begin({ min: 1, max: 64 });
  link.run(LONG, 5 * SECOND);
  const before = link.limit.lanes;
  for (let refused = 0; refused < 20; refused++) link.limit.refused(0);
  expect(link.limit.lanes).toBe(Math.floor(before * 0.7));
});

test('a lower limit is kept, although the server has refused a larger number of requests before', () => {
  const link = begin();
  link.run(LONG, 3 * SECOND);
  link.limit.refused(0);
  link.limit.setRange({ min: 4, max: 8 });
  expect(Math.max(...link.run(LONG, 10 * SECOND).lanes)).toBe(8);
});

test('a measurement of lanes that nobody uses changes nothing', () => {
  const link = begin();
  expect(link.run(LONG, 30 * SECOND, 2).lanes.at(-1)).toBe(4);
});

test('a fixed number of lanes stays the same, whatever the link does', () => {
  const link = begin({ min: 6, max: 6 });
  const { lanes } = link.run({ ...LONG, mostRequests: 5 }, 10 * SECOND);
  expect(new Set(lanes)).toEqual(new Set([6]));
});
