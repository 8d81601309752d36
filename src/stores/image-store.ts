import type { TObject } from 'typebox';
import type { ImageRecord } from '../image/index.ts';
import type { UserCredential } from '../openstack/index.ts';
import type { Leftover } from './leftover.ts';
import type { ObjectStore } from './object-port.ts';
import type { DestinationRef, ImageDestination, ImageSource } from './port.ts';
import type { StoreError } from './store-error.ts';

/** A region's images. */
export interface ImageStore extends ImageSource, ImageDestination {
  /** The plain files or objects of the region; absent if the store has only images. */
  readonly objects?: ObjectStore;
  /** Throws if the store cannot be reached or used as configured. */
  check(): Promise<void>;
  /**
   * Lists the images that a tenant may see, in no particular order; a `tenantId` of `null` is an operator. An
   * image whose record cannot be used is left out, and passed to `onUnusable`.
   */
  images(tenantId: string | null, onUnusable?: (image: UnusableImage) => void): AsyncIterable<ImageRecord>;
  /**
   * Lists what jobs are making or have left behind, except for the leftovers of `objects`.
   * @param ended images of jobs that were ended from outside, for a store that cannot be searched by mark
   */
  leftovers(ended: AsyncIterable<DestinationRef>): AsyncIterable<Leftover>;
  /**
   * Tells whether a user's own cloud has this store. Every user may use a store that lacks this method.
   */
  serves?(user: UserCredential): Promise<boolean>;
  /**
   * Makes an image from a file; absent if the store does not keep its images in files of this machine. A call
   * that is aborted leaves nothing behind. `moved` is called with the number of bytes that were copied so
   * far.
   */
  register?(
    file: string,
    image: NewImage,
    options?: { readonly signal?: AbortSignal; moved?(bytes: number): void },
  ): Promise<ImageRecord>;
  /** Returns where an image's data can be found, in words for a person. */
  locate(imageId: string): string;
}

/** An image that exists, but whose record cannot be used. */
export interface UnusableImage {
  readonly id: string;
  /** The fault of the record. */
  readonly fault: StoreError;
}

/** The fields that a person may set for a file that becomes an image. */
export interface NewImage {
  readonly name: string;
  readonly owner: string | null;
  readonly disk_format: string;
}

/** A kind of store, with its options and the way to open one. Each is a folder of `src/stores`. */
export interface StoreDriver<Options = unknown> {
  readonly name: string;
  /** JSON Schema of the options beside `driver`. */
  readonly options: TObject;
  /** Opens a store, and sends nothing to it yet. Relative paths are relative to `baseDirectory`. */
  open(options: Options, baseDirectory: string): ImageStore;
}
