import { expect, test } from 'vitest';
import { rateAt, rateFrom } from '../../src/config/timetable.ts';

const MB = 1e6;
const WORKDAY = { '08:00-18:00': '50MB/s', '22:30-06:00': '1GB/s', else: '200MB/s' };

const at = (time: string) => Date.parse(`2026-11-28T${time}:00Z`);

test.each([
  ['07:59', 200],
  ['08:00', 50],
  ['17:59', 50],
  ['18:00', 200],
  ['22:30', 1000],
  ['23:59', 1000],
  ['00:00', 1000],
  ['05:59', 1000],
  ['06:00', 200],
])('at %s a timetable allows %d MB a second', (time, rate) => {
  expect(rateAt(rateFrom(WORKDAY, 'UTC'), at(time))).toBe(rate * MB);
});

test('a timetable uses the time of its zone, with summer time', () => {
  const paris = rateFrom(WORKDAY, 'Europe/Paris');
  expect(rateAt(paris, at('07:00'))).toBe(50 * MB);
  expect(rateAt(paris, Date.parse('2026-07-01T06:00:00Z'))).toBe(50 * MB);
  expect(rateAt(rateFrom(WORKDAY, 'Asia/Kolkata'), at('02:30'))).toBe(50 * MB);
});

test('outside of its spans, a timetable without `else` has no limit', () => {
  expect(rateAt(rateFrom({ '08:00-18:00': '50MB/s' }, 'UTC'), at('19:00'))).toBeNull();
});

test('a rate without a timetable holds at any time', () => {
  expect(rateAt(rateFrom('5MB/s', 'UTC'), at('12:00'))).toBe(5 * MB);
  expect(rateAt(rateFrom(undefined, 'UTC'), at('12:00'))).toBeNull();
});
