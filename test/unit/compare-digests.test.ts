import { expect, test } from 'vitest';
import { compareDigests, type Digests } from '../../src/image/index.ts';

const [A, B] = ['a'.repeat(8), 'b'.repeat(8)];

const digests = (sha512: string | null, md5: string | null, sha256?: string): Digests => ({
  sha512,
  md5,
  ...(sha256 !== undefined && { sha256 }),
});

test.each<[string, Digests, Digests, string]>([
  ['the same sha512', { sha512: A, md5: null }, { sha512: A, md5: A }, 'sha512'],
  ['the same sha512 and md5', { sha512: A, md5: A }, { sha512: A, md5: A }, 'sha512'],
  ['another sha512 under the same md5', { sha512: A, md5: A }, { sha512: B, md5: A }, 'different'],
  ['the same sha512 and another md5', { sha512: A, md5: A }, { sha512: A, md5: B }, 'different'],
  ['the same md5 and another sha256', digests(null, A, A), digests(null, A, B), 'different'],
  ['the same sha256 and md5', digests(null, A, A), digests(B, A, A), 'sha256'],
  ['the same sha256 only', digests(null, null, A), digests(null, B, A), 'sha256'],
  ['a sha256 that only one has', digests(A, A), digests(A, A, B), 'sha512'],
  ['an md5 only', { sha512: null, md5: A }, { sha512: B, md5: A }, 'md5'],
  ['another md5', { sha512: null, md5: A }, { sha512: A, md5: B }, 'different'],
  ['nothing that both have', { sha512: A, md5: null }, { sha512: null, md5: A }, 'none'],
  ['nothing at all', { sha512: null, md5: null }, { sha512: A, md5: A }, 'none'],
])('compares digests with %s', (_what, expected, actual, verdict) => {
  expect(compareDigests(expected, actual)).toBe(verdict);
});
