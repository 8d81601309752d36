/**
 * A list filter of Temporal in which all values are escaped. Only `visibility` and `attribute` make one.
 * @see https://docs.temporal.io/list-filter
 */
export class VisibilityQuery {
  readonly text: string;

  /** Takes a text as it is. Only this file may call it. */
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Makes a list filter from a template. Every value becomes a literal, so that it cannot end the term that it
 * is in; a value that is a `VisibilityQuery` itself is put in as it is.
 * @example visibility`WorkflowType = ${type} AND ${attribute('CopyJobStatus')} = ${status}`
 */
export function visibility(
  texts: TemplateStringsArray,
  ...values: readonly (string | VisibilityQuery)[]
): VisibilityQuery {
  const literals = values.map((value) => (typeof value === 'string' ? quoted(value) : value.text));
  return new VisibilityQuery(String.raw({ raw: texts }, ...literals));
}

/** Returns a filter that takes what all of the terms take. */
export function allOf(terms: readonly VisibilityQuery[]): VisibilityQuery {
  return new VisibilityQuery(terms.map(({ text }) => text).join(' AND '));
}

/** Returns a filter that takes what any of the terms take. */
export function anyOf(terms: readonly VisibilityQuery[]): VisibilityQuery {
  return new VisibilityQuery(`(${terms.map(({ text }) => text).join(' OR ')})`);
}

/**
 * Puts the name of a search attribute into a filter.
 * @throws Error if it is no plain name
 */
export function attribute(name: string): VisibilityQuery {
  if (!/^[A-Za-z]\w*$/.test(name)) throw new Error(`'${name}' is not the name of a search attribute`);
  return new VisibilityQuery(name);
}

/**
 * A filter that matches every workflow that has not closed. A paused workflow is open too, although it is not
 * `Running`.
 */
export const OPEN = visibility`(ExecutionStatus NOT IN
  ('Completed', 'Failed', 'Canceled', 'Terminated', 'ContinuedAsNew', 'TimedOut'))`;

function quoted(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
