/** The length to which the name of a field is cut in a message; characters. */
const MAX_FIELD_LENGTH = 100;

interface Visit {
  readonly value: unknown;
  readonly path: string;
}

/**
 * Searches a value for text that is not well-formed Unicode, such as half of a surrogate pair. No file,
 * object or database can store such text, so every input with it is refused.
 * @returns the first field whose value or name is ill-formed, for example `destination.image_name`; the empty
 * text if the value itself is ill-formed; `undefined` if all is well-formed
 */
export function illFormedField(value: unknown): string | undefined {
  // A loop, not a recursion: a value from outside may be nested more deeply than the stack allows.
  const toVisit: Visit[] = [{ value, path: '' }];
  for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
    if (typeof next.value === 'string' && !next.value.isWellFormed()) return fieldName(next.path);
    if (typeof next.value !== 'object' || next.value === null) continue;
    const { path } = next;
    const entries = Object.entries(next.value);
    const below = (key: string) => (path === '' ? key : `${path}.${key}`);
    const key = entries.find(([name]) => !name.isWellFormed())?.[0];
    if (key !== undefined) return fieldName(below(key));
    for (const [name, inner] of entries.reverse()) toVisit.push({ value: inner, path: below(name) });
  }
  return undefined;
}

function fieldName(path: string): string {
  return path.slice(0, MAX_FIELD_LENGTH).toWellFormed();
}

/** The problem of the field that `illFormedField` returns. */
export const ILL_FORMED = 'is not well-formed Unicode';
