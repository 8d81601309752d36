import type { Confirm, Watch } from './port.ts';
import { isStoreError } from './store-error.ts';

/**
 * Data of a copy that has not become an image or object. Its job may still be at work on it, or may have left
 * it behind.
 */
export interface Leftover {
  readonly kind:
    | 'image in the making'
    | 'object in the making'
    | 'upload'
    | 'data'
    | 'record'
    | 'small object';
  /** Its place in the store, in words for a person. */
  readonly place: string;
  /** The job's mark, or `null` if nothing shows to which job it belongs. */
  readonly mark: string | null;
  /** Bytes that it takes. */
  readonly bytes: number;
  /** Time of its last change, as far as the store can tell. */
  readonly changed: Date;
  /** Age in milliseconds after which no job can still use the data; `null` if there is no such age. */
  readonly abandonedAfter: number | null;
  /**
   * Removes the data, unless an attempt has taken it over since it was listed. Returns whether the data was
   * removed.
   * @param confirm throws `conflict` if a job needs the data after all. A store MUST await `confirm` right
   * before each removal that it cannot make conditional
   */
  remove(confirm?: Confirm): Promise<boolean>;
}

/**
 * Looks at each place, and yields the leftovers that are there. A place that cannot be looked at MUST NOT
 * hide the places after it. So the first error is thrown only at the end.
 */
export async function* leftoversAt<Place>(
  places: AsyncIterable<Place> | Iterable<Place>,
  look: (place: Place) => Promise<Leftover | undefined>,
): AsyncGenerator<Leftover> {
  const errors: unknown[] = [];
  for await (const place of places) {
    const found = await look(place).catch((error) => {
      errors.push(error);
    });
    if (found !== undefined) yield found;
  }
  if (errors.length > 0) throw errors[0];
}

/** Yields one list after another. A list that fails hides no other: the first error is thrown at the end. */
export async function* inTurn(lists: readonly AsyncIterable<Leftover>[]): AsyncGenerator<Leftover> {
  const errors: unknown[] = [];
  for (const list of lists) {
    try {
      yield* list;
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** Runs a removal. Returns `false` if the removal fails with `conflict`, because somebody needs the data. */
export async function unlessNeeded(removal: () => Promise<boolean>): Promise<boolean> {
  try {
    return await removal();
  } catch (error) {
    if (isStoreError(error, 'conflict')) return false;
    throw error;
  }
}

/** Returns a watch for a removal that nobody aborts. Returns `undefined` if there is no `confirm`. */
export function watchWith(confirm: Confirm | undefined): Watch | undefined {
  return confirm && { signal: new AbortController().signal, moved() {}, confirm };
}
