import { describe, expect, test } from 'vitest';
import { sdkHmacSha256 } from '../../../src/signatures/index.ts';
import { access, vector, vectorsOf, huaweiVerdict as verdict } from './vectors.ts';

const POST = vector('SDK-HMAC-SHA256', 'a body of JSON');
const QUERY = vector('SDK-HMAC-SHA256', 'a name several times');
const ENCODED = vector('SDK-HMAC-SHA256', 'a query that has to be encoded');
const UNSIGNED = vector('SDK-HMAC-SHA256', 'a body that is not signed');
const HASHED = vector('SDK-HMAC-SHA256', "the body's hash in a header");
const MINUTE = 60_000;

describe.each(vectorsOf('SDK-HMAC-SHA256'))("a request of Huawei's SDK with $name", (signed) => {
  test('is accepted', () => {
    expect(sdkHmacSha256.parse(String(signed.request.headers.authorization))?.access).toBe(access);
    expect(verdict(signed)).toBe('good');
  });

  test('is bad with another secret, method, path, query, or host', () => {
    const { url } = signed.request;
    expect(verdict(signed, {}, { key: 'another' })).toBe('bad');
    expect(verdict(signed, { method: 'PATCH' })).toBe('bad');
    expect(verdict(signed, { url: url.replace('project', 'prOject') })).toBe('bad');
    expect(verdict(signed, { url: `${url}${url.includes('?') ? '&' : '?'}more` })).toBe('bad');
    expect(verdict(signed, { headers: { host: 'elsewhere.example' } })).toBe('bad');
  });

  test('is accepted up to 15 minutes before and after its date, and then expired', () => {
    const sentAt = Math.floor(signed.now / 1000) * 1000;
    for (const at of [sentAt - 14 * MINUTE, sentAt + 14 * MINUTE]) {
      expect(verdict(signed, {}, { at })).toBe('good');
    }
    for (const at of [sentAt - 16 * MINUTE, sentAt + 16 * MINUTE, 0]) {
      expect(verdict(signed, {}, { at })).toBe('expired');
      expect(verdict(signed, {}, { at, key: 'another' })).toBe('bad');
    }
  });
});

test.each(vectorsOf('SDK-HMAC-SHA256', 'bad'))('a request whose signature has $name is bad', (signed) => {
  expect(verdict(signed)).toBe('bad');
});

test('the method may be in upper or lower case, and parameters may come in any order', () => {
  expect(verdict(POST, { method: 'post' })).toBe('good');
  const [path, query = ''] = QUERY.request.url.split('?');
  expect(verdict(QUERY, { url: `${path}?${query.split('&').reverse().join('&')}` })).toBe('good');
  expect(verdict(QUERY, { url: `${path}?${query.replace('empty=', 'empty')}` })).toBe('good');
  expect(verdict(QUERY, { url: `${path}?${query.replace('preload', 'prel%6Fad')}&` })).toBe('good');
});

test('a path is signed with a slash at its end, even if it has none', () => {
  expect(verdict(POST, { url: `${POST.request.url}/` })).toBe('good');
  expect(verdict(POST, { url: `${POST.request.url}//` })).toBe('bad');
});

test('a plus in a query is signed as a space', () => {
  const { url } = ENCODED.request;
  expect(verdict(ENCODED, { url: url.replace('%20', '+') })).toBe('good');
  expect(verdict(ENCODED, { url: url.replace('%2B', '+') })).toBe('bad');
});

test('every byte of the body is signed', () => {
  expect(verdict(POST, { body: Buffer.concat([POST.request.body, Buffer.from(' ')]) })).toBe('bad');
  expect(verdict(POST, { body: Buffer.alloc(0) })).toBe('bad');
});

test('a hash in a header has to be the hash of the body, unless it says that the body is not signed', () => {
  expect(verdict(HASHED, { body: Buffer.from('{"type": "export"}') })).toBe('bad');
  expect(verdict(UNSIGNED, { body: Buffer.from('something else') })).toBe('good');
  expect(
    verdict(UNSIGNED, {
      headers: { 'x-sdk-content-sha256': HASHED.request.headers['x-sdk-content-sha256'] },
    }),
  ).toBe('bad');
});

test('a hash in a header that is not signed is ignored', () => {
  const headers = { 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' };
  expect(verdict(POST, { headers })).toBe('good');
  expect(verdict(POST, { headers, body: Buffer.from('{}') })).toBe('bad');
});

test.each(['x-sdk-date', 'host', 'content-type', 'user-agent'])(
  'the signed header %s must not be missing',
  (name) => {
    expect(verdict(POST, { headers: { [name]: undefined } })).toBe('bad');
    expect(verdict(POST, { headers: { [name]: 'changed' } })).toBe('bad');
  },
);

test.each(['20261301T000000', '2026-01-01T00:00:00Z', '', '99999999T999999Z'])(
  'the date "%s" is bad',
  (date) => {
    expect(verdict(POST, { headers: { 'x-sdk-date': date } })).toBe('bad');
  },
);

const GOOD = String(POST.request.headers.authorization);
test.each<[string, string]>([
  ['is empty', ''],
  ['is of another scheme', GOOD.replace('SDK-HMAC-SHA256', 'V11-HMAC-SHA256')],
  ['is cut off', GOOD.slice(0, -1)],
  ['has more at its end', `${GOOD}0`],
  ['has a signature that is not hex', GOOD.replace(/[0-9a-f]{64}$/, 'x'.repeat(64))],
  ['has no access key', GOOD.replace(/Access=\w+/, 'Access=')],
  ['has no headers', GOOD.replace(/SignedHeaders=[^,]+/, 'SignedHeaders=')],
  ['has a header twice', GOOD.replace('host;', 'host;HOST;')],
  ['has letters that are not allowed in a header', GOOD.replace('host;', 'host;hö\u0000st;')],
  ['is too long', GOOD.replace('host;', `host;${'x'.repeat(5000)};`)],
])('an Authorization header that %s cannot be read', (_what, authorization) => {
  expect(sdkHmacSha256.parse(authorization)).toBeNull();
});
