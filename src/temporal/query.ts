/**
 * A value as a literal of Temporal's list filters.
 * @see https://docs.temporal.io/list-filter
 */
export function quoted(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
