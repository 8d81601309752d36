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
  test('its signature is accepted', () => {
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

  test('its signature is accepted for 15 minutes either way, and then expired', () => {
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

test.each(vectorsOf('SDK-HMAC-SHA256', 'bad'))('a request that is signed with $name is bad', (signed) => {
  expect(verdict(signed)).toBe('bad');
});

test('the method may be written in any case, and parameters may come in any order', () => {
  expect(verdict(POST, { method: 'post' })).toBe('good');
  const [path, query = ''] = QUERY.request.url.split('?');
  expect(verdict(QUERY, { url: `${path}?${query.split('&').reverse().join('&')}` })).toBe('good');
  expect(verdict(QUERY, { url: `${path}?${query.replace('empty=', 'empty')}` })).toBe('good');
  expect(verdict(QUERY, { url: `${path}?${query.replace('preload', 'prel%6Fad')}&` })).toBe('good');
});

test('a path is signed with a slash at its end, whether it has one or not', () => {
  expect(verdict(POST, { url: `${POST.request.url}/` })).toBe('good');
  expect(verdict(POST, { url: `${POST.request.url}//` })).toBe('bad');
});

test('a plus in a query is a space, as it is for who reads the query', () => {
  const { url } = ENCODED.request;
  expect(verdict(ENCODED, { url: url.replace('%20', '+') })).toBe('good');
  expect(verdict(ENCODED, { url: url.replace('%2B', '+') })).toBe('bad');
});

test('every byte of the body counts', () => {
  expect(verdict(POST, { body: Buffer.concat([POST.request.body, Buffer.from(' ')]) })).toBe('bad');
  expect(verdict(POST, { body: Buffer.alloc(0) })).toBe('bad');
});

test('a hash in a header has to be that of the body, unless it says that the body is not signed', () => {
  expect(verdict(HASHED, { body: Buffer.from('{"type": "export"}') })).toBe('bad');
  expect(verdict(UNSIGNED, { body: Buffer.from('something else') })).toBe('good');
  expect(
    verdict(UNSIGNED, {
      headers: { 'x-sdk-content-sha256': HASHED.request.headers['x-sdk-content-sha256'] },
    }),
  ).toBe('bad');
});

test('a hash in a header that is not signed does not count', () => {
  const headers = { 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' };
  expect(verdict(POST, { headers })).toBe('good');
  expect(verdict(POST, { headers, body: Buffer.from('{}') })).toBe('bad');
});

test.each(['x-sdk-date', 'host', 'content-type', 'user-agent'])(
  'the signed header %s has to be there',
  (name) => {
    expect(verdict(POST, { headers: { [name]: undefined } })).toBe('bad');
    expect(verdict(POST, { headers: { [name]: 'changed' } })).toBe('bad');
  },
);

test.each(['20261301T000000', '2026-01-01T00:00:00Z', '', '99999999T999999Z'])(
  'a date of "%s" is bad',
  (date) => {
    expect(verdict(POST, { headers: { 'x-sdk-date': date } })).toBe('bad');
  },
);

const GOOD = String(POST.request.headers.authorization);
test.each<[string, string]>([
  ['is empty', ''],
  ['is of another scheme', GOOD.replace('SDK-HMAC-SHA256', 'V11-HMAC-SHA256')],
  ['is cut off', GOOD.slice(0, -1)],
  ['goes on', `${GOOD}0`],
  ['has a signature that is not hex', GOOD.replace(/[0-9a-f]{64}$/, 'x'.repeat(64))],
  ['has no access key', GOOD.replace(/Access=\w+/, 'Access=')],
  ['has no headers', GOOD.replace(/SignedHeaders=[^,]+/, 'SignedHeaders=')],
  ['has a header twice', GOOD.replace('host;', 'host;HOST;')],
  ['has letters that no header has', GOOD.replace('host;', 'host;hö\u0000st;')],
  ['is longer than any', GOOD.replace('host;', `host;${'x'.repeat(5000)};`)],
])('an Authorization that %s is none', (_what, authorization) => {
  expect(sdkHmacSha256.parse(authorization)).toBeNull();
});
