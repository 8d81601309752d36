import type { TSchema } from 'typebox';
import type { ByteRange, Digests, ImageRecord } from '../image/index.ts';
import type { UserCredential } from '../openstack/index.ts';
import type { StoreError } from './store-error.ts';

/** An image to read, and on whose behalf: `null` is an operator. */
export interface SourceRef {
  readonly image_id: string;
  readonly tenant_id: string | null;
}

/** An image to write. Only what bears this mark is ever opened, committed or discarded. */
export interface DestinationRef {
  readonly image_id: string;
  readonly tenant_id: string | null;
  /** Names one execution of one job. */
  readonly mark: string;
  /** What its data has to be: tells it from what somebody else may have put there. */
  readonly digests: Digests;
  /** A commit may have happened: where that takes the mark away, these digests are the mark. */
  readonly committing?: true;
}

/** A source image as it was inspected. */
export interface InspectedImage {
  readonly record: ImageRecord;
  /** The store's own token for exactly these bytes: a later read of other bytes fails with `changed`. */
  readonly pin: string;
}

/** Reads an image's data. */
export interface PartReader {
  /** Names the server that has the data, as by scheme, host and port; absent if it is on this machine. */
  readonly endpoint?: string;
  /** It reads well only from front to back: one range at a time, each where the last one ended. */
  readonly inOrder?: true;
  /** Bytes that are worth asking for at a time, where that is less than elsewhere. */
  readonly partSize?: number;
  /**
   * Yields the bytes of a range in order, in chunks of any size. A chunk is the caller's until it asks for
   * the next one; one of no bytes says that it is on its way. Ends early only with an error: `truncated`,
   * `changed`, `not_found`, `unavailable`.
   */
  read(range: ByteRange, signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Takes an image's data where it is not yet visible as an image: in parts, in blocks, or as one stream. */
export type ImageSink = PartSink | BlockSink | StreamSink;

/** Writes an image's data at any place, in any order. */
export interface PartSink {
  readonly kind: 'parts';
  /** What the destination had when it was opened, as sorted, disjoint ranges: its own word after a crash. */
  readonly received: readonly ByteRange[];
  /** What of it a loss of power could not have taken. */
  readonly durable: readonly ByteRange[];
  /**
   * Writes at an offset; writing the same bytes again is harmless. Fails with `not_found` once the image was
   * discarded, with `conflict` once a later attempt has opened it; with either once it was committed.
   */
  write(offset: number, chunk: Uint8Array): Promise<void>;
  /** Every byte of the range has been written: no later attempt has to write it again. */
  complete(range: ByteRange): Promise<void>;
  /** Fills `into` from an offset with what was written, for the digest. */
  readBack(offset: number, into: Uint8Array): Promise<void>;
  /** Forgets every byte: a new start. */
  reset(): Promise<void>;
  /**
   * Returns when everything written would survive a loss of power. Throws `lost` where the disk has refused
   * some of it, and nobody can say which.
   */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Takes an image's data in blocks of one size, each one whole, in any order, as a multipart upload does. */
export interface BlockSink {
  readonly kind: 'blocks';
  /**
   * Names the server that takes the data, as by scheme, host and port; absent if it stays on this machine.
   */
  readonly endpoint?: string;
  /** Bytes of each block but the last. */
  readonly blockSize: number;
  /** What the destination had when it was opened, as sorted, disjoint ranges: its own word after a crash. */
  readonly received: readonly ByteRange[];
  /**
   * Puts a block; again is harmless. Throws `not_found` once the image was discarded, `conflict` once a later
   * attempt has put all together, `lost` where what was put is gone.
   */
  put(range: ByteRange, block: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Puts the blocks together, to stay. Until then nothing can be read back. Throws as `put` does. */
  flush(signal: AbortSignal): Promise<void>;
  /** Fills `into` from an offset with what was put. */
  readBack(offset: number, into: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Forgets every byte: a new start. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Takes an image's data once, from the first byte to the last, as an HTTP upload does. */
export interface StreamSink {
  readonly kind: 'stream';
  /** What the destination has whole already, from an attempt that never heard so; `null` where it has not. */
  readonly whole: Digests | null;
  /**
   * Sends all bytes of the image, and resolves when the destination has said that it has them. A chunk of 64
   * KiB or more is good until the next one is asked for, a smaller one for good. An error in the middle of
   * `chunks` breaks the upload off, so that the destination keeps nothing. Throws `not_found` once the image
   * was discarded, `conflict`, `quota_exceeded`, `invalid_image`, `spoilt`, `unavailable`.
   */
  upload(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** The reading half of a store. */
export interface ImageSource {
  /**
   * Throws `not_found`, `not_active`, `invalid_image`, `unavailable`. With `user`, where the store knows
   * users: as they see it.
   */
  inspect(ref: SourceRef, user?: UserCredential): Promise<InspectedImage>;
  /**
   * Opens the data that was inspected. Throws `changed`, `not_found`, `unavailable`.
   * @param digests what the record says of the data. Where it says something, this decides: data that others
   * have touched, and that has the same bytes, is the same. A store MAY have to read all of it to find out
   */
  openReader(ref: SourceRef, pin: string, digests?: Digests): Promise<PartReader>;
}

/** What becomes of a call that may take its time. */
export interface Watch {
  /** Ends it, with the signal's reason. */
  readonly signal: AbortSignal;
  /** It has got on. */
  moved(): void;
  /**
   * Rejects where whoever has ordered this call does not want it any more. A store MUST ask right before each
   * removal that it cannot make conditional.
   */
  confirm(): Promise<void>;
}

/**
 * The writing half of a store. The order of a copy: `prepare`, `openSink`, writes, `flush`, `commit`; and
 * `discard` at any time, from any process. Every call may be repeated.
 *
 * Each call brings the number of its attempt. Numbers grow with every attempt at every step of a job, through
 * resets of its workflow too. What is in the making belongs to the highest attempt that has taken it: a store
 * MUST refuse a lower one with `conflict`, and MUST decide so in one step with the change itself, because a
 * process may be frozen between any two calls and go on much later.
 */
export interface ImageDestination {
  /** Looks for room for a tenant's image, as far as it can be told beforehand. Throws `quota_exceeded`. */
  checkRoom?(tenantId: string | null, size: number): Promise<void>;
  /**
   * Reserves the image id for this job. The only call that creates anything. What an earlier attempt has
   * reserved, it MAY take over only where no byte of another inspection of the source can come into it.
   * Throws `conflict` where the id belongs to an image, to another job or to a later attempt,
   * `quota_exceeded`, `unavailable`.
   */
  prepare(ref: DestinationRef, attempt: number, image: ImageRecord): Promise<void>;
  /**
   * Finds the image that an earlier run of this job has committed, and takes it for this attempt, so that no
   * undo of the earlier run removes it any more. Returns `null` where there is none.
   */
  adopt(ref: DestinationRef, attempt: number): Promise<ImageRecord | null>;
  /**
   * Opens what `prepare` made. A sink for parts or blocks locks out those of lower attempts; of two uploads
   * the image takes one. Throws `not_found` where it is gone, `conflict` where a higher attempt has it, or
   * where it has somebody else's data; `spoilt`.
   */
  openSink(ref: DestinationRef, attempt: number, size: number): Promise<ImageSink>;
  /**
   * Makes the image visible, whole, with its record. A repeat after success is harmless. What was sent that
   * commits MUST come to its answer: an abort does not end it. Throws `not_found` where what `prepare` made
   * is gone.
   */
  commit(ref: DestinationRef, attempt: number, record: ImageRecord, watch?: Watch): Promise<void>;
  /**
   * Removes every trace of this job's image. Something that is committed MUST stay, unless the reference says
   * that this undoes its commit (`committing`). Nothing to remove is success. Throws `conflict` where a
   * higher attempt has taken it.
   */
  discard(ref: DestinationRef, attempt: number, watch?: Watch): Promise<void>;
}

/**
 * What an object has beside its bytes: header fields in lower case, as in S3's API; or `mode` and `modified`
 * of a file.
 */
export type ObjectAttributes = Readonly<Record<string, string>>;

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

/**
 * What there is of a copy that is no image or object: its job may still be at work on it, or has left it
 * behind.
 */
export interface Leftover {
  readonly kind: 'image in the making' | 'object in the making' | 'upload' | 'data' | 'small object';
  /** Where it is in the store, for a person. */
  readonly place: string;
  /** The job's mark; `null` where nothing tells whose it is. */
  readonly mark: string | null;
  /** Bytes that it takes. */
  readonly bytes: number;
  /** When it was changed last, as far as the store can tell. */
  readonly changed: Date;
  /**
   * From which age on nobody can be at work on it any more, whoever it was; milliseconds. `null` where its
   * age alone proves nothing.
   */
  readonly abandonedAfter: number | null;
  /** Removes it, if nobody has taken it up since it was listed. Returns whether it has. */
  remove(): Promise<boolean>;
}

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
