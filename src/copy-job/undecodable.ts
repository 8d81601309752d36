/** Stands for a client's payload that cannot be decoded. */
interface Undecodable {
  readonly undecodable_payload: string;
}

/** The length to which the decoder's message is cut; characters. */
const MAX_LENGTH = 200;

/** Returns the value that replaces a payload that cannot be decoded. */
export function undecodable(why: string): Undecodable {
  return { undecodable_payload: why.slice(0, MAX_LENGTH).toWellFormed() };
}

/** Returns the problem of a payload that could not be decoded; `undefined` for any other value. */
export function undecodableProblem(value: unknown): string | undefined {
  const why = (value as Partial<Undecodable> | null | undefined)?.undecodable_payload;
  return typeof why === 'string' ? `cannot be decoded: ${why}` : undefined;
}
