import { expect, test } from 'vitest';
import { cancelRequestProblem, parseCancelRequest, undecodable } from '../../src/copy-job/index.ts';

test('a cancel request says who asks and why', () => {
  const request = { reason: 'wrong image', requested_by: 'operator' };
  expect(parseCancelRequest(request)).toEqual(request);
});

test('only `force: true` makes a cancel forced', () => {
  const nothing = { reason: null, requested_by: null };
  expect(parseCancelRequest({ force: true })).toEqual({ ...nothing, force: true });
  for (const force of [false, null]) expect(parseCancelRequest({ force })).toEqual(nothing);
  for (const force of ['true', 1]) expect(parseCancelRequest({ force })).not.toHaveProperty('force');
});

test('a plain text is taken as the reason', () => {
  expect(parseCancelRequest('wrong image')).toEqual({ reason: 'wrong image', requested_by: null });
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['an empty object', {}],
  ['other fields', { because: 'I say so' }],
])('a cancel with %s is accepted, without a reason', (_what, value) => {
  expect(parseCancelRequest(value)).toEqual({ reason: null, requested_by: null });
  expect(cancelRequestProblem(value)).toBeNull();
});

test.each<[string, unknown, string]>([
  ['a number', 7, 'input: has to be an object or a text'],
  ['a list', ['because'], 'input: has to be an object or a text'],
  ['a reason that is not a text', { reason: 5 }, 'reason: has to be a text'],
  ['a name that is not a text', { requested_by: 7 }, 'requested_by: has to be a text'],
  ['a force that is a text', { force: 'true' }, 'force: has to be true or false'],
  ['a payload that cannot be decoded', undecodable('no JSON'), 'input: cannot be decoded: no JSON'],
])('a cancel with %s is accepted, and its reason says what is wrong with it', (_what, value, problem) => {
  expect(cancelRequestProblem(value)).toBe(problem);
  expect(parseCancelRequest(value)).toEqual({ reason: `(not understood: ${problem})`, requested_by: null });
});

test('if a cancel has a reason and a fault, the fault is added to the reason', () => {
  const { reason } = parseCancelRequest({ reason: 'wrong image', force: 'yes' });
  expect(reason).toBe('wrong image (not understood: force: has to be true or false)');
});

test('a long reason or name is cut to 512 characters', () => {
  const long = 'x'.repeat(100_000);
  const { reason, requested_by } = parseCancelRequest({ reason: long, requested_by: long });
  expect(reason).toHaveLength(512);
  expect(requested_by).toHaveLength(512);
  expect(parseCancelRequest(long).reason).toHaveLength(512);
});
