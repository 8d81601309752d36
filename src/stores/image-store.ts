import type { TSchema } from 'typebox';
import type { ImageRecord } from '../image/index.ts';
import type { UserCredential } from '../openstack/index.ts';
import type { Leftover } from './leftover.ts';
import type { ObjectStore } from './object-port.ts';
import type { DestinationRef, ImageDestination, ImageSource } from './port.ts';
import type { StoreError } from './store-error.ts';

/** A region's images. */
export interface ImageStore extends ImageSource, ImageDestination {
  /** What else is there, for a store that can tell. */
  readonly objects?: ObjectStore;
  /** Throws where the store cannot be reached or used as configured. */
  check(): Promise<void>;
  /**
   * The images that a tenant may see, in no particular order; `null` is an operator. One whose record cannot
   * be used hides no other: it is left out, and told to `onUnusable`.
   */
  images(tenantId: string | null, onUnusable?: (image: UnusableImage) => void): AsyncIterable<ImageRecord>;
  /**
   * Lists what jobs have left behind, or are making, apart from the objects' leftovers.
   * @param ended images of jobs that were ended from outside, for a store that cannot be searched
   */
  leftovers(ended: AsyncIterable<DestinationRef>): AsyncIterable<Leftover>;
  /** Whether a user's own cloud has this store: without it, every user's has. */
  serves?(user: UserCredential): Promise<boolean>;
  /**
   * Where a store keeps its images in files of this machine: makes a file an image. What is aborted leaves
   * nothing. `moved` is told how many bytes there are by now.
   */
  register?(
    file: string,
    image: NewImage,
    options?: { readonly signal?: AbortSignal; moved?(bytes: number): void },
  ): Promise<ImageRecord>;
  /** Where an image's data can be found, in words for a person. */
  locate(imageId: string): string;
}

/** An image that is there, and whose record cannot be used. */
export interface UnusableImage {
  readonly id: string;
  /** What is wrong with the record. */
  readonly fault: StoreError;
}

/** What a person may say of a file that becomes an image. */
export interface NewImage {
  readonly name: string;
  readonly owner: string | null;
  readonly disk_format: string;
}

/** A kind of store: what its options are, and how to open one. A folder of `src/stores` each. */
export interface StoreDriver<Options = unknown> {
  readonly name: string;
  /** JSON Schema of the options beside `driver`. */
  readonly options: TSchema;
  /** Opens a store; touches nothing yet. Relative paths are relative to `baseDirectory`. */
  open(options: Options, baseDirectory: string): ImageStore;
}
