import type { Leftover } from './leftover.ts';
import type { ImageDestination, ImageSource, ObjectAttributes } from './port.ts';
import type { StoreError } from './store-error.ts';

/** A plain file or object. */
export interface ObjectEntry {
  /** Path relative to the region, with slashes between its steps. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /**
   * The reason why it cannot be read, if the list knows one. Its path may then be a folder's, and stands for
   * all that is in the folder.
   */
  readonly fault?: StoreError;
  /** Present for a folder in which there is nothing. Its path ends in a slash, and it cannot be read. */
  readonly isFolder?: true;
}

/** An object that was read. */
export interface ReadObject {
  /** Bytes. */
  readonly size: number;
  readonly attributes: ObjectAttributes;
}

/**
 * Plain files of a share, or objects of a bucket, by their path. None of them is an image. In a reference,
 * the path takes the place of the image id, and `tenant_id` has no meaning. Other than with images:
 * - `prepare` never finds a path taken: `commit` replaces what is there in one step, and the last commit
 *   wins,
 * - `discard` leaves alone what was there before, and what was committed.
 *
 * Each call throws `invalid_image` for a path that no object can have, and `conflict` if the path needs a
 * folder where a file is, or the reverse. The messages name the path.
 */
export interface ObjectStore extends ImageSource, ImageDestination {
  /**
   * Names the server that has the objects, for example by scheme, host and port; absent if they are on this
   * machine.
   */
  readonly endpoint?: string;
  /**
   * Lists the objects whose path begins with `prefix` and comes after `after`, in the order of their UTF-8
   * bytes, and the empty folders among them. Reads on only as far as it is asked, and nothing that comes
   * before `after`.
   */
  list(prefix: string, after: string | null): AsyncIterable<ObjectEntry>;
  /**
   * Reads a small object, whole. Throws `not_found`, `unavailable`, and `changed`, also if there is no room
   * for it in `into`.
   */
  read(path: string, into: Uint8Array, signal: AbortSignal): Promise<ReadObject>;
  /**
   * Puts a small object at a path, all or nothing, and replaces what was there. Leaves out those attributes
   * that it cannot have (see `loses`).
   */
  write(path: string, data: Uint8Array, signal: AbortSignal, attributes?: ObjectAttributes): Promise<void>;
  /**
   * Tells whether an object here could not have all of these attributes. The attributes of a large object are
   * the properties of its record.
   */
  loses(attributes: ObjectAttributes): boolean;
  /** Waits until all small objects that were written before would survive a loss of power. */
  flush(): Promise<void>;
  /** Lists objects in the making, and what calls have left behind whose process died. */
  leftovers(): AsyncIterable<Leftover>;
}
