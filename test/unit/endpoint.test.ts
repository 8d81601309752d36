import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { Endpoint } from '../../src/transfer/endpoint.ts';
import { inLane } from '../../src/transfer/in-lane.ts';
import type { Lane, Lanes } from '../../src/transfer/lane.ts';
import { testLinks } from '../support/link.ts';

const { signal } = new AbortController();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/**
 * Starts a copy that takes every lane that it is given. `held` has the lanes that it has not yet given back.
 */
function greedy(lanes: Lanes) {
  const held: Lane[] = [];
  const abort = new AbortController();
  const taking = (async () => {
    for (;;) held.push(await lanes.take(abort.signal));
  })();
  taking.catch(() => {});
  return {
    held,
    async giveBack(count: number) {
      for (const lane of held.splice(0, count)) {
        lane.release();
        await settled();
      }
    },
    stop: () => abort.abort(new Error('enough')),
  };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}

test('a copy that is alone has all lanes', async () => {
  const copy = greedy(new Endpoint({ min: 8, max: 8 }).join());
  await settled();
  expect(copy.held).toHaveLength(8);
});

test('a copy that starts later gets its share from the first lanes that are given back', async () => {
  const endpoint = new Endpoint({ min: 8, max: 8 });
  const first = greedy(endpoint.join());
  await settled();
  const second = greedy(endpoint.join());
  await settled();
  expect(second.held).toHaveLength(0);
  await first.giveBack(4);
  expect([first.held.length, second.held.length]).toEqual([4, 4]);
  await first.giveBack(1);
  await second.giveBack(1);
  expect([first.held.length, second.held.length]).toEqual([4, 4]);
});

test('if there are more copies than lanes, each copy has one lane', async () => {
  const endpoint = new Endpoint({ min: 2, max: 2 });
  const copies = Array.from({ length: 5 }, () => greedy(endpoint.join()));
  await settled();
  await copies[0]?.giveBack(1);
  expect(copies.map(({ held }) => held.length)).toEqual([1, 1, 1, 1, 1]);
});

test('a copy that wants no more lanes leaves the rest to the others', async () => {
  const endpoint = new Endpoint({ min: 4, max: 4 });
  const [first, second] = [greedy(endpoint.join()), greedy(endpoint.join())];
  await settled();
  first.stop();
  await first.giveBack(first.held.length);
  expect(second.held).toHaveLength(4);
});

test('the others may use the lanes of a copy that is stuck, until it moves again', async () => {
  const endpoint = new Endpoint({ min: 2, max: 2 });
  const stuck = greedy(endpoint.join());
  await settled();
  const other = greedy(endpoint.join());
  await vi.advanceTimersByTimeAsync(4000);
  expect(other.held).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(3000);
  expect(other.held.length).toBeGreaterThan(0);
  for (const lane of stuck.held) lane.moved(1);
  const before = other.held.length;
  await other.giveBack(1);
  expect(other.held.length).toBeLessThan(before);
});

test('a lane that waits for something on our side, or reports only at its end, is not stuck', async () => {
  const endpoint = new Endpoint({ min: 2, max: 2 });
  const lanes = endpoint.join();
  const waiting = await lanes.take(signal);
  void waiting.aside(new Promise(() => {}));
  void inLane(lanes, signal, 1, () => new Promise(() => {}));
  const other = greedy(endpoint.join());
  await vi.advanceTimersByTimeAsync(60_000);
  expect(other.held).toHaveLength(0);
});

test('nobody gets a lane before the time that a server has asked for', async () => {
  const lanes = new Endpoint({ min: 4, max: 4 }).join();
  const overload = { retryAfter: 3000 };
  await expect(
    inLane(lanes, signal, 1, () => Promise.reject(new StoreError('unavailable', 'slow down', { overload }))),
  ).rejects.toThrow('slow down');
  let isFree = false;
  void lanes.take(signal).then(() => {
    isFree = true;
  });
  await vi.advanceTimersByTimeAsync(2900);
  expect(isFree).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(isFree).toBe(true);
});

test('an abort ends the wait for a lane', async () => {
  const lanes = new Endpoint({ min: 1, max: 1 }).join();
  await lanes.take(signal);
  const abort = new AbortController();
  const waiting = lanes.take(abort.signal);
  const reason = new Error('enough');
  abort.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test('copies share a range of lanes, but each copy has a fixed number of lanes for itself', async () => {
  const ends = { from: 'https://a.example:443', to: undefined, regions: [] };
  const shared = testLinks({ lanes: { min: 4, max: 64 } });
  const [first, second] = [greedy(shared.open(ends).from), greedy(shared.open(ends).from)];
  await settled();
  expect(first.held.length + second.held.length).toBe(4);
  const each = testLinks({ lanes: 3 });
  const [third, fourth] = [greedy(each.open(ends).from), greedy(each.open(ends).from)];
  await settled();
  expect([third.held.length, fourth.held.length]).toEqual([3, 3]);
});

test('each copy from this machine has the minimum number of lanes for itself', async () => {
  const ends = { from: undefined, to: undefined, regions: [] };
  const links = testLinks({ lanes: { min: 4, max: 64 } });
  const copies = [greedy(links.open(ends).from), greedy(links.open(ends).from)];
  await settled();
  expect(copies.map(({ held }) => held.length)).toEqual([4, 4]);
});

test('a changed range applies to copies that are under way', async () => {
  const ends = { from: 'x', to: undefined, regions: [] };
  const links = testLinks({ lanes: { min: 2, max: 64 } });
  const copy = greedy(links.open(ends).from);
  await settled();
  expect(copy.held).toHaveLength(2);
  links.setLimits({ lanes: { min: 6, max: 8 }, memory: 2 ** 30, rates: () => [] });
  await settled();
  expect(copy.held).toHaveLength(6);
});

test('the lanes of a server are listed by the way in which copies use the server', async () => {
  const links = testLinks({ lanes: { min: 2, max: 64 } });
  const link = links.open({ from: 'x', to: 'y', regions: [] });
  const uses = () => links.lanes().map(({ use, server }) => `${use} ${server}`);
  expect(uses()).toEqual(['read x', 'write y']);
  link.joinAtServer();
  expect(uses()).toEqual(['read x', 'write y', 'copy y']);
});

test('tenants share the lanes evenly, however many copies each of them has', async () => {
  const endpoint = new Endpoint({ min: 8, max: 8 });
  const loud = Array.from({ length: 3 }, () => greedy(endpoint.join('loud')));
  await settled();
  const quiet = greedy(endpoint.join('quiet'));
  await settled();
  for (let round = 0; round < 8; round++) {
    for (const copy of loud) await copy.giveBack(Math.min(1, copy.held.length));
    await settled();
  }
  expect(quiet.held).toHaveLength(4);
  expect(loud.map(({ held }) => held.length).sort()).toEqual([1, 1, 2]);
});

test('lanes are shared among tenants first, and then among the copies of each', async () => {
  const endpoint = new Endpoint({ min: 8, max: 8 });
  const [a, b, c] = [endpoint.join('one'), endpoint.join('one'), endpoint.join('other')];
  for (const lanes of [a, b, c]) greedy(lanes);
  await settled();
  expect([a.count, b.count, c.count]).toEqual([2, 2, 4]);
});

/** Makes a request that waits for its first byte, and then moves 10 MB in a second. */
async function request(lanes: Lanes, wait: number): Promise<void> {
  const lane = await lanes.take(signal);
  await vi.advanceTimersByTimeAsync(wait);
  lane.began();
  await vi.advanceTimersByTimeAsync(1000);
  lane.moved(10_000_000);
  lane.release();
}

test('the cost of a wait is known once a request to a server far away has ended', async () => {
  const lanes = new Endpoint({ min: 4, max: 64 }).join();
  expect(lanes.waitCost).toBe(0);
  await request(lanes, 100);
  expect(lanes.waitCost).toBeCloseTo(1_000_000);
});

test('waits for a server nearby do not make it count as far away, even if some are long', async () => {
  const lanes = new Endpoint({ min: 4, max: 64 }).join();
  for (const wait of [60, 5, 60, 60]) await request(lanes, wait);
  expect(lanes.waitCost).toBe(0);
});

test('a server that has moved far away is recognised after some requests', async () => {
  const lanes = new Endpoint({ min: 4, max: 64 }).join();
  for (const wait of [5, ...Array<number>(16).fill(100)]) await request(lanes, wait);
  expect(lanes.waitCost).toBeGreaterThan(500_000);
});
