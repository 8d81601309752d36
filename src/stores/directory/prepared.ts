/** A folder that an attempt is preparing or removing, as its name tells. */
export interface Prepared {
  /** The number of the attempt; -1 if the name has none, as in an earlier version. */
  readonly attempt: number;
  /** The name that the folder has while it is being removed. */
  readonly aside: string;
}

/**
 * Reads the name of a folder that is being prepared or removed: `<prefix>[<attempt>.](new|removed)`. Returns
 * `undefined` for any other name.
 */
export function preparedBy(name: string, prefix: string): Prepared | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const [, number = '-1', ending] = /^(?:(\d+)\.)?(new|removed)$/.exec(name.slice(prefix.length)) ?? [];
  if (ending === undefined) return undefined;
  return { attempt: Number(number), aside: asideOf(name) };
}

/** Returns the name that a folder gets before it is removed. */
export function asideOf(name: string): string {
  return name.replace(/\.new$/, '.removed');
}
