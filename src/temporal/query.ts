/**
 * A list filter of Temporal, or a part of one: a term or a name. All values in it are escaped. Only the
 * functions of this file make objects of this class.
 * @see https://docs.temporal.io/list-filter
 */
export class VisibilityQuery {
  readonly text: string;

  /** Takes a text without escaping it. Only this file MAY call it. */
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Makes a list filter from a template. Every string becomes an escaped literal, so that it cannot change the
 * filter; a value that is itself a `VisibilityQuery` is inserted unchanged.
 * @example visibility`WorkflowType = ${type} AND ${attribute('CopyJobStatus')} = ${status}`
 */
export function visibility(
  texts: TemplateStringsArray,
  ...values: readonly (string | VisibilityQuery)[]
): VisibilityQuery {
  const literals = values.map((value) => (typeof value === 'string' ? quoted(value) : value.text));
  return new VisibilityQuery(String.raw({ raw: texts }, ...literals));
}

/** Returns a filter that matches the workflows that every term matches. */
export function allOf(terms: readonly VisibilityQuery[]): VisibilityQuery {
  return new VisibilityQuery(terms.map(({ text }) => text).join(' AND '));
}

/** Returns a filter that matches the workflows that at least one of the terms matches. */
export function anyOf(terms: readonly VisibilityQuery[]): VisibilityQuery {
  return new VisibilityQuery(`(${terms.map(({ text }) => text).join(' OR ')})`);
}

/**
 * Returns the name of a search attribute, for use in a filter.
 * @throws Error if it is not a plain name
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
