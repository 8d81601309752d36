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
