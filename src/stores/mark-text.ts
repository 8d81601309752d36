/** Matches a mark: the id of a job's first run in Temporal, or the id of a trial. */
export const MARK = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const WHOLE_MARK = new RegExp(`^${MARK}$`);

/** Tells whether a text that was found in a store has the form of a mark. */
export function isMark(text: string): boolean {
  return WHOLE_MARK.test(text);
}

/** Encodes a job's mark for a name or for metadata. */
export function markText(mark: string): string {
  return encodeURIComponent(mark);
}

/** Decodes a job's mark. Returns `null` for a text that `markText` cannot have made. */
export function markFrom(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
