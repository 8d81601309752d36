import { expect, test } from 'vitest';
import { addRange, type ByteRange, coveredBytes, gaps } from '../../src/image/index.ts';
import { type Part, PartQueue, type PartQueueOptions } from '../../src/transfer/part-queue.ts';
import { pseudoRandom } from './pseudo-random.ts';

const MIB = 1024 * 1024;
const TIB = 1024 ** 4;

/** Makes a queue for an image of `mib` MiB, with a clock that the test sets. */
function queueOf(mib: number, options: Partial<PartQueueOptions> = {}) {
  const clock = { now: 0 };
  const queue = new PartQueue({ size: mib * MIB, done: [], canShare: true, ...options }, () => clock.now);
  return { queue, clock };
}

/** Takes all the rest in parts of `size` bytes, one after another. */
function drain(queue: PartQueue, size: number): ByteRange[] {
  const ranges: ByteRange[] = [];
  for (let part = queue.take(size); part !== undefined; part = queue.take(size)) {
    ranges.push([part.start, part.end]);
    finish(queue, part);
  }
  return ranges;
}

function finish(queue: PartQueue, part: Part): void {
  part.at = part.end;
  queue.leave(part);
}

function taken(queue: PartQueue, size: number): Part {
  const part = queue.take(size);
  if (part === undefined) throw new Error('there is no part');
  return part;
}

test.each([1, 8 * MIB, 8 * MIB + 1, 300 * MIB + 12_345])(
  'the parts of an image of %d bytes cover all of them',
  (size) => {
    const { queue } = queueOf(0, { size });
    expect(drain(queue, 8 * MIB).reduce<readonly ByteRange[]>(addRange, [])).toEqual([[0, size]]);
    expect([queue.next, queue.left]).toEqual([undefined, 0]);
  },
);

test('the largest image needs no more memory than a small one', () => {
  const { queue } = queueOf(0, { size: 5 * TIB, done: [[0, 4 * TIB]] });
  expect([taken(queue, 8 * MIB), taken(queue, 8 * MIB)]).toMatchObject([
    { start: 4 * TIB, end: 4 * TIB + 8 * MIB },
    { start: 4 * TIB + 8 * MIB, end: 4 * TIB + 16 * MIB },
  ]);
});

test('parts end at whole MiB, however few bytes are asked for', () => {
  const { queue } = queueOf(0, { size: 4 * MIB, done: [[0, 100]] });
  expect(drain(queue, 10)).toEqual([
    [100, MIB],
    [MIB, 2 * MIB],
    [2 * MIB, 3 * MIB],
    [3 * MIB, 4 * MIB],
  ]);
});

test('no part crosses a boundary', () => {
  const { queue } = queueOf(20, { boundary: 5 * MIB });
  expect(drain(queue, 8 * MIB).map(([start, end]) => [start / MIB, end / MIB])).toEqual([
    [0, 5],
    [5, 10],
    [10, 15],
    [15, 20],
  ]);
});

test('the end of the next part is known before the part is taken', () => {
  const { queue } = queueOf(12, { boundary: 10 * MIB });
  for (const size of [0, 3 * MIB + 1, 8 * MIB, 8 * MIB]) {
    const end = queue.endOfNext(size);
    expect(taken(queue, size).end).toBe(end);
  }
  expect([queue.endOfNext(MIB), queue.next]).toEqual([undefined, undefined]);
});

test('the bytes that a lane did not finish are the next part', () => {
  const { queue } = queueOf(16);
  const [first] = [taken(queue, 8 * MIB), taken(queue, 8 * MIB)];
  first.at = 3 * MIB;
  queue.leave(first);
  queue.leave(first);
  expect(queue.next).toBe(3 * MIB);
  expect(taken(queue, 8 * MIB)).toMatchObject({ start: 3 * MIB, end: 8 * MIB });
});

test('at the end, the part that would finish last is split so that both pieces end at the same time', () => {
  const { queue, clock } = queueOf(24);
  const [fast, slow] = [taken(queue, 8 * MIB), taken(queue, 8 * MIB)];
  clock.now = 800;
  finish(queue, fast);
  const other = taken(queue, 8 * MIB);
  clock.now = 1600;
  finish(queue, other);
  // This lane has taken 1600 ms for 1.25 MiB. The others take 160 ms for as much.
  slow.at = slow.start + 1.25 * MIB;
  const share = taken(queue, 8 * MIB);
  expect([slow.end / MIB, share.start / MIB, share.end / MIB]).toEqual([10, 10, 16]);
});

test('parts under way are split until the pieces are too small', () => {
  const { queue } = queueOf(8);
  const whole = taken(queue, 8 * MIB);
  const pieces = [whole];
  for (let part = queue.take(MIB); part !== undefined; part = queue.take(MIB)) pieces.push(part);
  const ranges = pieces.map(({ start, end }) => [start, end] as const);
  expect(ranges.reduce<readonly ByteRange[]>(addRange, [])).toEqual([[0, 8 * MIB]]);
  expect(ranges.reduce((sum, [start, end]) => sum + end - start, 0)).toBe(8 * MIB);
  expect(pieces.length).toBeGreaterThan(4);
});

test('a part that is much slower than others is taken from its lane', () => {
  const { queue, clock } = queueOf(32);
  const [slow, fast] = [taken(queue, 8 * MIB), taken(queue, 8 * MIB)];
  let hungUp = 0;
  slow.hangUp = () => {
    hungUp += 1;
  };
  clock.now = 800;
  finish(queue, fast);
  queue.cutSlow();
  expect(hungUp).toBe(0);
  slow.at += 0.1 * MIB;
  clock.now = 3000;
  queue.cutSlow();
  queue.cutSlow();
  expect([hungUp, slow.isCut]).toEqual([1, true]);
});

test('if all parts are equally slow, none is taken from its lane', () => {
  const { queue, clock } = queueOf(32);
  const [one, other] = [taken(queue, 8 * MIB), taken(queue, 8 * MIB)];
  clock.now = 80_000;
  finish(queue, one);
  other.at += 7 * MIB;
  queue.cutSlow();
  expect(other.isCut).toBe(false);
});

test('if requests depend on each other, parts are neither split nor taken from their lanes', () => {
  const { queue, clock } = queueOf(8, { canShare: false });
  const part = taken(queue, 8 * MIB);
  clock.now = 1e9;
  queue.cutSlow();
  expect([queue.take(8 * MIB), part.isCut]).toEqual([undefined, false]);
});

test.each(Array.from({ length: 30 }, (_, seed) => [seed]))(
  'done ranges and moved ranges never overlap and leave nothing out (seed %i)',
  (seed) => {
    const random = pseudoRandom(seed);
    const size = 1 + random(300 * MIB);
    let done: readonly ByteRange[] = [];
    for (let count = random(20); count > 0; count--) {
      const start = random(size);
      done = addRange(done, [start, Math.min(size, start + random(20 * MIB))]);
    }
    const clock = { now: 0 };
    const queue = new PartQueue({ size, done, canShare: true }, () => clock.now);
    const underWay: Part[] = [];
    let moved: readonly ByteRange[] = [];
    let bytes = 0;
    const move = (part: Part, to: number) => {
      moved = addRange(moved, [part.at, to]);
      bytes += to - part.at;
      part.at = to;
    };
    while (queue.next !== undefined || underWay.length > 0) {
      clock.now += random(500);
      const part = queue.take(1 + random(16 * MIB));
      if (part !== undefined) underWay.push(part);
      const [chosen] = underWay.splice(random(underWay.length), 1);
      if (chosen === undefined) continue;
      // Every chunk ends at a whole MiB.
      const next = Math.min(chosen.end, (Math.floor(chosen.at / MIB) + 1) * MIB);
      move(chosen, random(3) === 0 ? chosen.end : next);
      if (chosen.at < chosen.end && random(4) > 0) underWay.push(chosen);
      else queue.leave(chosen);
    }
    expect(gaps(moved.reduce(addRange, done), size)).toEqual([]);
    expect(coveredBytes(done) + bytes).toBe(size);
  },
);

test('only those bytes are taken from a lane that a new request would get sooner', () => {
  const { queue, clock } = queueOf(8);
  const part = taken(queue, 8 * MIB);
  clock.now = 1000;
  part.at = 2 * MIB;
  expect(queue.unfinished).toBe(6 * MIB);
  expect(queue.take(MIB, 6 * MIB)).toBeUndefined();
  expect(queue.take(MIB, 2 * MIB)).toMatchObject({ start: 7 * MIB, end: 8 * MIB });
});
