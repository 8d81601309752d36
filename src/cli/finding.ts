/** A thing that `check` has looked at. */
export interface Finding {
  readonly what: string;
  /** Says what is wrong with it; `null` if nothing is. */
  readonly problem: string | null;
  /** Present if the finding is good to know, and neither good nor bad. */
  readonly isNote?: true;
}

/**
 * Returns the messages of an error's causes. They name the address, the file or the key: an operator may know
 * these, a tenant may not.
 */
export function causesOf(error: unknown): string {
  const told: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    const { message } = at;
    if (!told.some((text) => text.includes(message))) told.push(message);
  }
  return told.join(': ');
}
