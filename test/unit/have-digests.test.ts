import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Digests } from '../../src/image/index.ts';
import { haveDigests } from '../../src/stores/same-bytes.ts';

const DATA = [Buffer.from('one'), Buffer.from('two')];
const hashOf = (name: string) =>
  DATA.reduce((hash, chunk) => hash.update(chunk), createHash(name)).digest('hex');
const [sha512, sha256, md5] = [hashOf('sha512'), hashOf('sha256'), hashOf('md5')];

test.each<[string, Digests, boolean]>([
  ['all that are known are right', { sha512, sha256, md5 }, true],
  ['only an md5 is known', { sha512: null, md5 }, true],
  ['the strongest is wrong', { sha512: sha512.replace(/^./, 'x'), md5 }, false],
  ['the weakest is wrong', { sha512, md5: md5.replace(/^./, 'x') }, false],
  ['the one in the middle is wrong', { sha512, sha256: sha256.replace(/^./, 'x'), md5 }, false],
  ['none is known', { sha512: null, md5: null }, false],
])('if %s, data and digests match: %s', async (_what, expected, isSame) => {
  expect(await haveDigests(Readable.from(DATA), expected)).toBe(isSame);
});
