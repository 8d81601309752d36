import { expect, test } from 'vitest';
import { parseCancelRequest } from '../../src/copy-job/index.ts';

test('a cancel says who asks and why', () => {
  const request = { reason: 'wrong image', requested_by: 'operator' };
  expect(parseCancelRequest(request)).toEqual(request);
});

test('only what is true is by force', () => {
  const nothing = { reason: null, requested_by: null };
  expect(parseCancelRequest({ force: true })).toEqual({ ...nothing, force: true });
  for (const force of [false, 'true', 1, null]) expect(parseCancelRequest({ force })).toEqual(nothing);
});

test('a bare text is a reason', () => {
  expect(parseCancelRequest('wrong image')).toEqual({ reason: 'wrong image', requested_by: null });
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a number', 7],
  ['a list', ['because']],
  ['an empty object', {}],
  ['notes that are no text', { reason: { why: 'because' }, requested_by: 7 }],
  ['other fields', { because: 'I say so' }],
])('a cancel with %s is a cancel without a reason', (_what, value) => {
  expect(parseCancelRequest(value)).toEqual({ reason: null, requested_by: null });
});

test('a note is cut to a length that a memo can bear', () => {
  const long = 'x'.repeat(100_000);
  const { reason, requested_by } = parseCancelRequest({ reason: long, requested_by: long });
  expect(reason).toHaveLength(512);
  expect(requested_by).toHaveLength(512);
  expect(parseCancelRequest(long).reason).toHaveLength(512);
});
