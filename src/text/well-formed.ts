/**
 * The longest name of a field in a message; characters. A client that sends a longer one need not read all of
 * it again.
 */
const MAX_FIELD_LENGTH = 100;

interface Visit {
  readonly value: unknown;
  readonly path: string;
}

/**
 * Looks for text that is not well-formed Unicode, such as half of a surrogate pair. No file, object or
 * database can have such a name, so it is refused wherever it comes in.
 * @returns the first field whose value or name is ill-formed, for example `destination.image_name`; the empty
 * text if the value itself is ill-formed; `undefined` if all is well-formed
 */
export function illFormedField(value: unknown): string | undefined {
  // No recursion: a value from outside may be deeper than the stack.
  const left: Visit[] = [{ value, path: '' }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next.value === 'string' && !next.value.isWellFormed()) return fieldName(next.path);
    if (typeof next.value !== 'object' || next.value === null) continue;
    const { path } = next;
    const entries = Object.entries(next.value);
    const below = (key: string) => (path === '' ? key : `${path}.${key}`);
    const key = entries.find(([name]) => !name.isWellFormed())?.[0];
    if (key !== undefined) return fieldName(below(key));
    for (const [name, inner] of entries.reverse()) left.push({ value: inner, path: below(name) });
  }
  return undefined;
}

function fieldName(path: string): string {
  return path.slice(0, MAX_FIELD_LENGTH).toWellFormed();
}

/** The problem of a field that `illFormedField` has found. */
export const ILL_FORMED = 'is not well-formed Unicode';
