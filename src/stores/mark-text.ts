/** Returns a job's mark as the text that stands for it in names and in metadata. */
export function markText(mark: string): string {
  return encodeURIComponent(mark);
}

/**
 * Reads a job's mark from its text. Returns `null` for a text that stands for no mark: no job has written it.
 */
export function markFrom(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
