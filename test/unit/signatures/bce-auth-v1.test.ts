import { describe, expect, test } from 'vitest';
import { bceAuthV1 } from '../../../src/signatures/index.ts';
import { access, vector, vectorsOf, baiduVerdict as verdict } from './vectors.ts';

const POST = vector('bce-auth-v1', 'a body of JSON, and a name without a value');
const CANCEL = vector('bce-auth-v1', 'a name with an empty value');
const QUERY = vector('bce-auth-v1', 'a query');
const MINUTE = vector('bce-auth-v1', 'another time to live');
const LISTED = vector('bce-auth-v1', 'a list of headers');
const DIGEST = vector('bce-auth-v1', 'an MD5 of the body');

describe.each(vectorsOf('bce-auth-v1'))("a request of Baidu's SDK with $name", (signed) => {
  test('is accepted', () => {
    expect(bceAuthV1.parse(String(signed.request.headers.authorization))?.access).toBe(access);
    expect(verdict(signed)).toBe('good');
  });

  test('is bad with another secret, method, path, query, or host', () => {
    const { url } = signed.request;
    expect(verdict(signed, {}, { key: 'another' })).toBe('bad');
    expect(verdict(signed, { method: 'PATCH' })).toBe('bad');
    expect(verdict(signed, { url: url.replace('image', 'imagE') })).toBe('bad');
    expect(verdict(signed, { url: `${url}${url.includes('?') ? '&' : '?'}more` })).toBe('bad');
    expect(verdict(signed, { headers: { host: 'elsewhere.example' } })).toBe('bad');
    expect(verdict(signed, { headers: { host: undefined } })).toBe('bad');
  });
});

test.each(vectorsOf('bce-auth-v1', 'bad'))('a request whose signature has $name is bad', (signed) => {
  expect(verdict(signed)).toBe('bad');
});

const sentAt = (signed: typeof POST) => Math.floor(signed.now / 1000) * 1000;

test.each([
  [POST, 1800],
  [MINUTE, 60],
])('$0.name: the signature is accepted for as long as it says, and then expired', (signed, seconds) => {
  const end = sentAt(signed) + seconds * 1000;
  expect(verdict(signed, {}, { at: end - 2000 })).toBe('good');
  expect(verdict(signed, {}, { at: end + 2000 })).toBe('expired');
  expect(verdict(signed, {}, { at: end + 2000, key: 'another' })).toBe('bad');
});

test("the sender's clock may be 15 minutes ahead, and no more", () => {
  expect(verdict(POST, {}, { at: sentAt(POST) - 14 * 60_000 })).toBe('good');
  expect(verdict(POST, {}, { at: sentAt(POST) - 16 * 60_000 })).toBe('expired');
});

test('a parameter without a value is the same as one with an empty value', () => {
  expect(verdict(POST, { url: '/v2/image/m-1a2b3c4d?remoteCopy' })).toBe('good');
  expect(verdict(CANCEL, { url: '/v2/image/m-1a2b3c4d?cancelRemoteCopy' })).toBe('good');
  expect(verdict(CANCEL, { url: '/v2/image/m-1a2b3c4d?cancelRemoteCopy=1' })).toBe('bad');
  expect(verdict(CANCEL, { url: '/v2/image/m-1a2b3c4d?remoteCopy' })).toBe('bad');
  expect(verdict(CANCEL, { url: '/v2/image/m-1a2b3c4d' })).toBe('bad');
});

test('parameters may come in any order, and a parameter named authorization is not signed', () => {
  const [path, query = ''] = QUERY.request.url.split('?');
  expect(verdict(QUERY, { url: `${path}?${query.split('&').reverse().join('&')}` })).toBe('good');
  expect(verdict(QUERY, { url: `${path}?${query}&Authorization=x` })).toBe('good');
});

test('without a list of signed headers, the usual headers and all that begin with x-bce- are signed', () => {
  for (const name of ['host', 'content-length', 'content-type', 'x-bce-date']) {
    expect(verdict(POST, { headers: { [name]: 'changed' } })).toBe('bad');
    expect(verdict(POST, { headers: { [name]: undefined } })).toBe('bad');
  }
  expect(verdict(POST, { headers: { 'x-bce-more': 'added' } })).toBe('bad');
  expect(verdict(POST, { headers: { 'x-bce-more': ' ' } })).toBe('good');
  expect(verdict(POST, { headers: { 'user-agent': 'changed' } })).toBe('good');
});

test('with a list of signed headers, only those headers are signed', () => {
  for (const name of ['host', 'content-type', 'x-bce-date']) {
    expect(verdict(LISTED, { headers: { [name]: 'changed' } })).toBe('bad');
  }
  expect(verdict(LISTED, { headers: { 'content-length': '7', 'x-bce-more': 'added' } })).toBe('good');
});

test('the body is not signed, except through its MD5', () => {
  const body = Buffer.from(POST.request.body).fill(32);
  expect(verdict(POST, { body })).toBe('good');
  expect(verdict(DIGEST, { body })).toBe('bad');
});

const GOOD = String(POST.request.headers.authorization);
test.each<[string, string]>([
  ['is empty', ''],
  ['is of another version', GOOD.replace('bce-auth-v1', 'bce-auth-v2')],
  ['is cut off', GOOD.slice(0, -1)],
  ['has more at its end', `${GOOD}/`],
  ['has a signature that is not hex', GOOD.replace(/[0-9a-f]{64}$/, 'x'.repeat(64))],
  ['has no access key', GOOD.replace(access, '')],
  ['has an impossible time', GOOD.replace(/\d{4}-\d\d-/, '2026-13-')],
  ['has a negative lifetime', GOOD.replace('/1800/', '/-1/')],
  ['has a lifetime in words', GOOD.replace('/1800/', '/soon/')],
  ['has a header twice', GOOD.replace('/1800//', '/1800/host;Host/')],
  ['is too long', GOOD.replace('/1800//', `/1800/host;${'x'.repeat(5000)}/`)],
])('an Authorization header that %s cannot be read', (_what, authorization) => {
  expect(bceAuthV1.parse(authorization)).toBeNull();
});
