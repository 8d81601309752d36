/** Tests copies from a server, in which a lane may take over work of another lane. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { testLinks } from '../support/link.ts';
import { blocksRig } from './blocks-rig.ts';
import { MIB, transferRig, untilAborted } from './transfer-rig.ts';

const SIZE = 30 * MIB + 4321;
const DATA = randomBytes(SIZE);
const endpoint = 'https://far.example:443';

test('at the end, an idle lane takes over the rest of the part that would finish last', async () => {
  const rig = await transferRig(DATA);
  const asked: number[] = [];
  const shared = Promise.withResolvers<void>();
  const { transfer, reader } = await rig.attempt({
    endpoint,
    reads: {
      beforeChunk: async (at) => {
        asked.push(at);
        const [first] = reader.asked;
        // Another lane has read from the part that stands still.
        if (asked.filter((offset) => first !== undefined && offset > MIB && offset < first[1]).length > 0)
          shared.resolve();
        if (at === MIB) await shared.promise;
      },
    },
  });
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect((await rig.commit()).equals(DATA)).toBe(true);
  expect(reader.bytesRead).toBeLessThan(SIZE + 8 * MIB);
});

test('a connection that is much slower than others is replaced long before it counts as stalled', async () => {
  const rig = await transferRig(DATA);
  let isFirst = true;
  const { transfer, reader } = await rig.attempt({
    endpoint,
    reads: {
      beforeChunk: async (at, signal) => {
        if (at !== 0 || !isFirst) return;
        isFirst = false;
        await untilAborted(signal);
      },
    },
  });
  expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
  expect(reader.asked.filter(([start]) => start === 0)).toHaveLength(2);
  expect((await rig.commit()).equals(DATA)).toBe(true);
});

test('a block that several lanes have read together is put once', async () => {
  const rig = await blocksRig(DATA, 8 * MIB);
  const { transfer, reader } = await rig.attempt({ endpoint });
  expect(await transfer.finished).toMatchObject({ sha512: rig.image.os_hash_value });
  expect(reader.asked.length).toBeGreaterThan(4);
  expect(rig.server.put).toHaveLength(4);
  expect(rig.server.data.equals(DATA)).toBe(true);
});

test('the first blocks for a server far away are read by several lanes together', async () => {
  const rig = await blocksRig(DATA, 8 * MIB);
  const link = testLinks({ lanes: { min: 4, max: 4 } }).open({
    from: endpoint,
    to: 'https://farther.example:443',
    regions: [],
  });
  link.to.heard(100);
  const { transfer, reader } = await rig.attempt({ endpoint, link });
  await transfer.finished;
  expect(reader.asked.slice(0, 4).map(([start]) => start / MIB)).toEqual([0, 2, 4, 6]);
  expect(rig.server.put).toHaveLength(4);
  expect(rig.server.data.equals(DATA)).toBe(true);
});

test('a copy that is held back by a limit does not count as stalled', async () => {
  const size = 3 * MIB;
  const rig = await transferRig(DATA.subarray(0, size));
  const link = testLinks({ rates: () => [{ name: 'all', rate: () => 4e6 }] }).open({
    from: undefined,
    to: undefined,
    regions: [],
  });
  const patience = { stall_after: 150, give_up_after: 60_000 };
  const { transfer, reader } = await rig.attempt({ link, patience });
  await transfer.finished;
  expect([transfer.fault, reader.bytesRead]).toEqual([null, size]);
});
