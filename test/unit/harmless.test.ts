import { expect, test } from 'vitest';
import { harmless, harmlessJson, harmlessLines, harmlessMarkdown } from '../../src/text/index.ts';

const ATTACK = 'a\x1b[2J\x1b]8;;http://x\x07\r\nrow\tb\x7f\x9b31m\u202e\u2028\ud83d';

test('characters that would move the cursor, end a line or change the direction of writing are escaped', () => {
  expect(harmless(ATTACK)).toBe(
    'a\\x1b[2J\\x1b]8;;http://x\\x07\\r\\nrow\\tb\\x7f\\x9b31m\\u{202e}\\u{2028}\\u{d83d}',
  );
});

test('a name in any script stays as it is', () => {
  for (const name of ['Ubuntu 24.04', 'Übung', '日本語', 'العربية', '👩‍👩‍👧'])
    expect(harmless(name)).toBe(name);
});

test('a message keeps its own line breaks', () => {
  expect(harmlessLines('one\n  two\x1b')).toBe('one\n  two\\x1b');
});

test('JSON keeps its meaning, and has no character that a terminal acts on', () => {
  const text = harmlessJson(`${JSON.stringify({ name: ATTACK })}\n`);
  expect(text).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(text)).toEqual({ name: ATTACK });
});

test.each([
  ['**bold** _it_', '\\*\\*bold\\*\\* \\_it\\_'],
  ['[x](javascript:y)', '\\[x\\](javascript\\:y)'],
  ['![i](http://x)', '\\!\\[i\\](http\\://x)'],
  ['<img src=x> & `code` | ~~', '\\<img src=x\\> \\& \\`code\\` \\| \\~\\~'],
  ['# title', '\\# title'],
  ['- item', '\\- item'],
  ['1. item', '1\\. item'],
  ['ubuntu-24.04', 'ubuntu-24.04'],
  ['a\n\n# b', 'a\\\\n\\\\n\\# b'],
])('Markdown shows %j as plain text', (text, shown) => {
  expect(harmlessMarkdown(text)).toBe(shown);
});
