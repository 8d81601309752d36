import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { bceAuthV1, sdkHmacSha256 } from '../../../src/signatures/index.ts';
import { pseudoRandom } from '../pseudo-random.ts';
import { baiduVerdict, huaweiVerdict, vectorsOf } from './vectors.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const SCRAPS = [
  ' ',
  '/',
  ';',
  ',',
  '=',
  '%',
  '%zz',
  '%00',
  '\u0000',
  '\u00ff',
  '__proto__',
  'constructor',
  '镜像',
];

/**
 * Returns the text with a few places cut out, repeated, or filled with something that does not belong there.
 */
function mangled(text: string, random: (below: number) => number): string {
  let mangle = text;
  for (let i = random(3); i >= 0; i -= 1) {
    const [from, to] = [random(mangle.length + 1), random(mangle.length + 1)].sort((a, b) => a - b);
    const scrap = (SCRAPS[random(SCRAPS.length)] ?? '').repeat(random(20) === 0 ? random(3000) : random(3));
    const kept = random(2) === 0 ? mangle.slice(from, to).repeat(random(4)) : '';
    mangle = mangle.slice(0, from) + kept + scrap + mangle.slice(random(2) === 0 ? (to ?? 0) : (from ?? 0));
  }
  return mangle.slice(0, 20_000);
}

test.each([
  ['SDK-HMAC-SHA256', huaweiVerdict],
  ['bce-auth-v1', baiduVerdict],
] as const)('10,000 malformed requests of %s are refused, and leave nothing in memory', (scheme, verdict) => {
  const random = pseudoRandom(1);
  const vectors = vectorsOf(scheme);
  let refused = 0;
  const round = () => {
    for (const signed of vectors) {
      const { url, headers } = signed.request;
      const authorization = mangled(String(headers.authorization), random);
      // A few changes make no difference, for instance an added space.
      if (verdict(signed, { headers: { authorization } }) !== 'good') refused += 1;
      verdict(signed, { url: mangled(url, random), headers: { host: mangled('host', random) } });
    }
  };
  for (let i = 0; i < 100; i += 1) round();
  const before = heapInUse();
  refused = 0;
  while (refused < 10_000) round();
  expect(heapInUse() - before).toBeLessThan(1024 * 1024);
});

test.each([
  `SDK-HMAC-SHA256${' '.repeat(4000)}`,
  `SDK-HMAC-SHA256 Access=${'a'.repeat(4000)}`,
  `SDK-HMAC-SHA256 Access=a,${' '.repeat(2000)}SignedHeaders=${'a;'.repeat(1000)}`,
  `bce-auth-v1/${'/'.repeat(4000)}`,
  `bce-auth-v1/a/2026-01-01T00:00:00Z/1800/${'a;'.repeat(2000)}`,
  'x'.repeat(1024 * 1024),
])('a header that was made to be slow takes less than a millisecond: %.40s…', (authorization) => {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 1000; i += 1) {
    const startedAt = performance.now();
    expect([sdkHmacSha256.parse(authorization), bceAuthV1.parse(authorization)]).toEqual([null, null]);
    fastest = Math.min(fastest, performance.now() - startedAt);
  }
  expect(fastest).toBeLessThan(1);
});
