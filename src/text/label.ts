import { harmlessMarkdown } from './harmless.ts';

/**
 * The longest label; characters, and bytes of its JSON. Two labels have to fit into the summary of a workflow
 * or of an activity, which takes 400 bytes (Temporal: `limit.userMetadataSummarySize`).
 */
const MAX_CHARACTERS = 60;
const MAX_BYTES = 180;

/**
 * Returns the end of a text from outside, such as an object's path, as Markdown that shows the text and does
 * nothing else. The label is so short that it fits into a summary for the Web UI.
 */
export function labelOf(text: string): string {
  // Escapes and characters outside ASCII take several bytes, so the text is cut until its label fits.
  for (let room = MAX_CHARACTERS; ; room -= 1) {
    const end = text.length > room ? `…${text.slice(text.length - room + 1)}`.toWellFormed() : text;
    const label = harmlessMarkdown(end);
    if (new TextEncoder().encode(JSON.stringify(label)).length <= MAX_BYTES) return label;
  }
}
