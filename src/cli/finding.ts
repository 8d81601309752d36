/** The result of one check of the command `check`. */
export interface Finding {
  readonly what: string;
  /** What is wrong; `null` if the check has passed. */
  readonly problem: string | null;
  /** Present if the finding is only for information. */
  readonly isNote?: true;
}

/**
 * Returns the messages of an error and of all its causes. They may contain addresses, file names and keys of
 * the configuration, so they MUST NOT be shown to a tenant.
 */
export function causesOf(error: unknown): string {
  const told: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    const { message } = at;
    if (!told.some((text) => text.includes(message))) told.push(message);
  }
  return told.join(': ');
}
