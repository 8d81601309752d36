/** Matches lone surrogates, and characters that move the cursor, end a line or reverse the text. */
const HARMFUL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Returns an untrusted text, such as an image's name, as one line that is safe to print on a terminal.
 * Control characters and the like are replaced by escapes such as `\x1b` or `\u{202e}`.
 */
export function harmless(text: string): string {
  return text.replaceAll(HARMFUL, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return SHORT[character] ?? (code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, '0')}`);
  });
}

/** Returns a text of several lines, such as an error's message, with each line made safe by `harmless`. */
export function harmlessLines(text: string): string {
  return text.split('\n').map(harmless).join('\n');
}

/**
 * Returns JSON with the same meaning that is safe to print on a terminal. Line feeds stay: they belong to the
 * layout. The text MAY also be YAML, if all harmful characters are in double quotes.
 */
export function harmlessJson(json: string): string {
  return json.replaceAll(HARMFUL, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Matches characters that have a meaning in Markdown, including GitHub's. Some have it only at the beginning
 * of the text.
 */
const MARKDOWN = /[\\`*_[\]<>#|~&$:@!]|^[-+=]|(?<=^\d{1,9})[.)]/g;

/** Returns Markdown that shows an untrusted text and does nothing else. */
export function harmlessMarkdown(text: string): string {
  return harmless(text).replaceAll(MARKDOWN, '\\$&');
}
