import type { Leftover } from './leftover.ts';
import type { Confirm, ImageDestination, ImageSource, ObjectAttributes } from './port.ts';
import type { StoreError } from './store-error.ts';

/** A plain file or object. */
export interface ObjectEntry {
  /** Path within the region, with slashes between its steps. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Present if the listing has found that the entry cannot be read. If the path is a folder's, the entry
   * stands for everything in that folder.
   */
  readonly fault?: StoreError;
  /** Present for an empty folder. Its path ends in a slash, and it cannot be read. */
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
 * the path takes the place of the image id, and `tenant_id` has no meaning. Two things differ from
 * images:
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
   * Lists the objects whose paths begin with `prefix` and come after `after`, and the empty folders among
   * them. The order is that of the paths' UTF-8 bytes. Reads no further than the caller iterates, and nothing
   * that comes before `after`. When `signal` is aborted, ends with its reason before the next entry or
   * folder.
   */
  list(prefix: string, after: string | null, signal?: AbortSignal): AsyncIterable<ObjectEntry>;
  /**
   * Reads a small object, whole, into `into`. Throws `not_found`, `unavailable`, and `changed`, for example
   * if the object does not fit into `into`.
   */
  read(path: string, into: Uint8Array, signal: AbortSignal): Promise<ReadObject>;
  /**
   * Puts a small object at a path, all or nothing, and replaces what was there. Leaves out attributes that
   * objects of this store cannot have (see `loses`).
   * @param confirm a store MUST await it right before each request that puts the object into its place, also
   * before a repeated one. If the request would replace something, the store MUST look at that first, and
   * MUST NOT accept an answer of `confirm` that is older than the look
   */
  write(
    path: string,
    data: Uint8Array,
    signal: AbortSignal,
    attributes?: ObjectAttributes,
    confirm?: Confirm,
  ): Promise<void>;
  /**
   * Tells whether an object of this store could not keep all of these attributes. A large object gets its
   * attributes as the properties of its record.
   */
  loses(attributes: ObjectAttributes): boolean;
  /** Waits until all small objects that were written so far would survive a loss of power. */
  flush(): Promise<void>;
  /** Lists objects in the making, and the leftovers of calls whose process died. */
  leftovers(): AsyncIterable<Leftover>;
  /**
   * Tells whether the store takes paths that differ only in their case for one; absent if it never does. It
   * may write, and leaves nothing.
   */
  ignoresCase?(): Promise<boolean>;
}
