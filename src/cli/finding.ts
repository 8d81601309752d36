/** The result of one check of the command `check`. */
export interface Finding {
  readonly what: string;
  /** The problem; `null` if the check has passed. */
  readonly problem: string | null;
  /** Present if the finding is only for information. */
  readonly isNote?: true;
}

/**
 * Returns the messages of an error and of all its causes. A tenant MUST NOT see them: they may contain
 * addresses, file names and keys of the configuration.
 */
export function causesOf(error: unknown): string {
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { message } = cause;
    if (!messages.some((text) => text.includes(message))) messages.push(message);
  }
  return messages.join(': ');
}
