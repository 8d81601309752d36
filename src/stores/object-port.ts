import type { Leftover } from './leftover.ts';
import type { ImageDestination, ImageSource, ObjectAttributes } from './port.ts';
import type { StoreError } from './store-error.ts';

/** A plain file or object. */
export interface ObjectEntry {
  /** Relative to the region, its steps parted by slashes. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Why it cannot be read, where the list knows. Its path may then be a folder's, and stands for all that is
   * in it.
   */
  readonly fault?: StoreError;
  /** It is a folder in which there is nothing; its path ends in a slash. It cannot be read. */
  readonly isFolder?: true;
}

/** An object that was read. */
export interface ReadObject {
  /** Bytes. */
  readonly size: number;
  readonly attributes: ObjectAttributes;
}

/**
 * Plain files of a share, or objects of a bucket, by their path: nothing of it is an image. In references the
 * path stands for the image id, and `tenant_id` says nothing. Other than with images
 * - `prepare` never finds a path taken: `commit` replaces what is there, all at once, and the last one stays,
 * - `discard` leaves alone what was there before, and what was committed.
 *
 * A path that cannot be one is `invalid_image`; one that needs a folder where a file is, or the reverse, a
 * `conflict`. The messages name it.
 */
export interface ObjectStore extends ImageSource, ImageDestination {
  /**
   * Names the server that has the objects, as by scheme, host and port; absent if they are on this machine.
   */
  readonly endpoint?: string;
  /**
   * Those whose path begins with `prefix` and comes after `after`, in the order of their UTF-8 bytes, and the
   * empty folders among them. Reads on as far as it is asked, and nothing of what comes before `after`.
   */
  list(prefix: string, after: string | null): AsyncIterable<ObjectEntry>;
  /**
   * Reads a small one, whole. Throws `not_found`, `unavailable`, and `changed` also where there is no room
   * for it.
   */
  read(path: string, into: Uint8Array, signal: AbortSignal): Promise<ReadObject>;
  /** Puts a small one there, all or nothing, and replaces what was there. Leaves out what `loses` tells. */
  write(path: string, data: Uint8Array, signal: AbortSignal, attributes?: ObjectAttributes): Promise<void>;
  /**
   * Tells whether an object here could not have all of these attributes. Those of a large one are the
   * properties of its record.
   */
  loses(attributes: ObjectAttributes): boolean;
  /** Returns when all small ones that were written before would survive a loss of power. */
  flush(): Promise<void>;
  /** Lists what calls have left behind whose process died. */
  leftovers(): AsyncIterable<Leftover>;
}
