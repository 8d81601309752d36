import { expect, test } from 'vitest';
import { compareDigests, type Digests } from '../../src/image/index.ts';

const [A, B] = ['a'.repeat(8), 'b'.repeat(8)];

test.each<[string, Digests, Digests, string]>([
  ['the same sha512', { sha512: A, md5: null }, { sha512: A, md5: A }, 'sha512'],
  ['the same of both', { sha512: A, md5: A }, { sha512: A, md5: A }, 'sha512'],
  ['another sha512 under the same md5', { sha512: A, md5: A }, { sha512: B, md5: A }, 'different'],
  [
    'the same sha512 and another md5, which is weaker',
    { sha512: A, md5: A },
    { sha512: A, md5: B },
    'sha512',
  ],
  ['an md5 only', { sha512: null, md5: A }, { sha512: B, md5: A }, 'md5'],
  ['another md5', { sha512: null, md5: A }, { sha512: A, md5: B }, 'different'],
  ['nothing that both have', { sha512: A, md5: null }, { sha512: null, md5: A }, 'none'],
  ['nothing at all', { sha512: null, md5: null }, { sha512: A, md5: A }, 'none'],
])('digests with %s', (_what, expected, actual, verdict) => {
  expect(compareDigests(expected, actual)).toBe(verdict);
});
