/** What moves a cursor, ends a line or turns the direction of writing, and halves of surrogate pairs. */
const HARMFUL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Returns a text that somebody else has chosen, such as an image's name, as one line that a terminal only
 * shows: what would do more is written as an escape, as in `\x1b` or `\u{202e}`.
 */
export function harmless(text: string): string {
  return text.replaceAll(HARMFUL, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return SHORT[character] ?? (code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, '0')}`);
  });
}

/** Returns an error's message as `harmless` does, line by line: a message of ours may have several. */
export function harmlessLines(text: string): string {
  return text.split('\n').map(harmless).join('\n');
}

/** Returns JSON with the same meaning that a terminal only shows. The JSON itself has to be one line. */
export function harmlessJson(json: string): string {
  return json.replaceAll(HARMFUL, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What Markdown, also GitHub's, would take for more than text; some of it only at the beginning. */
const MARKDOWN = /[\\`*_[\]<>#|~&$:@!]|^[-+=]|(?<=^\d{1,9})[.)]/g;

/** Returns a text that somebody else has chosen as Markdown that shows it, and does nothing else. */
export function harmlessMarkdown(text: string): string {
  return harmless(text).replaceAll(MARKDOWN, '\\$&');
}
