import { expect, test } from 'vitest';
import { openMemory } from '../../src/transfer/memory.ts';
import { isPending } from './is-pending.ts';

const MIB = 1024 * 1024;
const { signal } = new AbortController();
const never = () => {
  throw new Error('nobody should have to wait');
};

test('a copy gets what it wants, but at most a quarter of the free memory, or half if it is alone', async () => {
  const memory = openMemory(256 * MIB);
  const sizes: number[] = [];
  for (let copy = 0; copy < 5; copy++) {
    const grant = await memory.take({ least: 8 * MIB, wanted: 1000 * MIB }, signal, never);
    sizes.push(grant.bytes / MIB);
  }
  expect(sizes).toEqual([128, 32, 16, 16, 16]);
  const small = await memory.take({ least: 2 * MIB, wanted: 4 * MIB }, signal, never);
  expect(small.bytes).toBe(4 * MIB);
});

test('a copy for which there is too little memory waits its turn, and reports that at once', async () => {
  const memory = openMemory(64 * MIB);
  const first = await memory.take({ least: 64 * MIB, wanted: 64 * MIB }, signal, never);
  let waited = 0;
  const wait = () => {
    waited += 1;
  };
  const large = memory.take({ least: 64 * MIB, wanted: 64 * MIB }, signal, wait);
  const small = memory.take({ least: MIB, wanted: MIB }, signal, wait);
  expect([await isPending(large), await isPending(small), waited]).toEqual([true, true, 2]);
  await first.close();
  await first.close();
  expect((await large).bytes).toBe(64 * MIB);
  expect(await isPending(small)).toBe(true);
  await (await large).close();
  expect((await small).bytes).toBe(MIB);
});

test('a copy that needs more than the whole memory gets it when it is alone', async () => {
  const memory = openMemory(16 * MIB);
  const small = await memory.take({ least: MIB, wanted: MIB }, signal, never);
  const large = memory.take({ least: 100 * MIB, wanted: 100 * MIB }, signal, () => {});
  expect(await isPending(large)).toBe(true);
  await small.close();
  expect((await large).bytes).toBe(128 * MIB);
});

test('a copy that gives up waiting does not hold up the others', async () => {
  const memory = openMemory(64 * MIB);
  const first = await memory.take({ least: 32 * MIB, wanted: 32 * MIB }, signal, never);
  const abort = new AbortController();
  const large = memory.take({ least: 64 * MIB, wanted: 64 * MIB }, abort.signal, () => {});
  const small = memory.take({ least: MIB, wanted: MIB }, signal, () => {});
  const reason = new Error('enough');
  abort.abort(reason);
  await expect(large).rejects.toBe(reason);
  expect((await small).bytes).toBe(MIB);
  await first.close();
});
