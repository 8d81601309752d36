import { expect } from 'vitest';
import { digestsOf, type ImageRecord } from '../../src/image/index.ts';
import type { Transfer, TransferOptions } from '../../src/transfer/index.ts';
import { failureOf } from './transfer-rig.ts';

interface Rig {
  readonly image: ImageRecord;
  attempt(options: Pick<TransferOptions, 'expected'>): Promise<{ readonly transfer: Transfer }>;
}

/**
 * Makes an attempt for each of the digests. In each attempt, this digest is wrong, and the others are right.
 * Expects that the attempt fails.
 */
export async function expectEachDigestCompared({ image, attempt }: Rig): Promise<void> {
  const digests = digestsOf(image);
  for (const wrong of [{ md5: 'ab'.repeat(16) }, { sha256: 'ab'.repeat(32) }, { sha512: 'ab'.repeat(64) }]) {
    const [algorithm] = Object.keys(wrong);
    const message = expect.stringContaining(`the copy's ${algorithm} is`);
    const failure = await failureOf(await attempt({ expected: { ...digests, ...wrong } }));
    expect(failure).toMatchObject({ code: 'digest_mismatch', side: 'source', message });
  }
}
