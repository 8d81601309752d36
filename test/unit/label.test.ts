import { expect, test } from 'vitest';
import { labelOf } from '../../src/text/index.ts';

test.each([
  ['ot1/ubuntu-24.04', 'ot1/ubuntu-24.04'],
  ['a\x1b[2J/![x](http://y)\n', 'a\\\\x1b\\[2J/\\!\\[x\\](http\\://y)\\\\n'],
  [`${'x'.repeat(100)}/end`, `…${'x'.repeat(55)}/end`],
  [`${'😀'.repeat(100)}x`, `…${'😀'.repeat(29)}x`],
])('the label of %j has its end, and is shown as plain text', (text, label) => {
  expect(labelOf(text)).toBe(label);
});

test.each(['_', '*', '\u202e', '\ud83d', '日', '😀', '\\'])(
  'two labels of many %j fit into a summary of 400 bytes',
  (unit) => {
    const bytes = Buffer.byteLength(
      JSON.stringify(`${labelOf(unit.repeat(2000))} → ${labelOf(unit.repeat(2000))}`),
    );
    expect(bytes).toBeLessThanOrEqual(400);
  },
);
