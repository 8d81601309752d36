import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ReaderFaults } from '../support/fault-store.ts';
import { blocksRig } from './blocks-rig.ts';
import { streamRig } from './stream-rig.ts';
import { failureOf, MIB, transferRig } from './transfer-rig.ts';

const SIZE = 20 * MIB + 321;
const DATA = randomBytes(SIZE);
const FLIPPED = 9 * MIB;

/** Flips a bit of one byte on its way from the source, the first `times` times. */
function flipping(times: number): ReaderFaults {
  let left = times;
  return {
    onChunk(chunk, at) {
      if (at > FLIPPED || at + chunk.length <= FLIPPED || left-- <= 0) return;
      const place = FLIPPED - at;
      chunk[place] = (chunk[place] ?? 0) ^ 1;
    },
  };
}

const rigs = {
  'a file': () => transferRig(DATA),
  blocks: () => blocksRig(DATA, 4 * MIB),
  'an upload': () => streamRig(DATA),
};

test.each(Object.entries(rigs))(
  'if a byte was flipped on the way to %s, the image is read once more',
  async (_to, open) => {
    const rig = await open();
    const { transfer, reader } = await rig.attempt({ reads: flipping(1) });
    expect((await transfer.finished).sha512).toBe(rig.image.os_hash_value);
    expect(reader.bytesRead).toBe(2 * SIZE);
    expect(transfer.read).toBe(2 * SIZE);
  },
);

test.each(Object.entries(rigs))('a second mismatch on the way to %s is final', async (_to, open) => {
  const rig = await open();
  const attempt = await rig.attempt({ reads: flipping(2) });
  expect(await failureOf(attempt)).toMatchObject({ code: 'digest_mismatch', side: 'source' });
  expect(attempt.reader.bytesRead).toBeLessThanOrEqual(2 * SIZE);
});
