/**
 * Matches characters that move a cursor, end a line or turn the direction of writing, and halves of surrogate
 * pairs.
 */
const HARMFUL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Returns a text from outside, such as an image's name, as one line that is safe to print on a terminal.
 * Control characters and the like become escapes such as `\x1b` or `\u{202e}`.
 */
export function harmless(text: string): string {
  return text.replaceAll(HARMFUL, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return SHORT[character] ?? (code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, '0')}`);
  });
}

/**
 * Returns an error's message with each line made safe by `harmless`. A message of ours may have several
 * lines.
 */
export function harmlessLines(text: string): string {
  return text.split('\n').map(harmless).join('\n');
}

/**
 * Returns JSON that has the same meaning and is safe to print on a terminal. The given JSON MUST be one line.
 */
export function harmlessJson(json: string): string {
  return json.replaceAll(HARMFUL, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Matches characters that Markdown, also GitHub's, treats as more than text; some of them only at the
 * beginning.
 */
const MARKDOWN = /[\\`*_[\]<>#|~&$:@!]|^[-+=]|(?<=^\d{1,9})[.)]/g;

/** Returns a text from outside as Markdown that shows the text and does nothing else. */
export function harmlessMarkdown(text: string): string {
  return harmless(text).replaceAll(MARKDOWN, '\\$&');
}
