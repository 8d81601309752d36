import type { Digests, ImageRecord } from '../image/index.ts';
import type { UserCredential } from '../openstack/index.ts';
import type { ImageSink, PartReader } from './data-port.ts';

/** An image, and the tenant on whose behalf it is read; a `tenant_id` of `null` stands for an operator. */
export interface SourceRef {
  readonly image_id: string;
  readonly tenant_id: string | null;
}

/** An image to write. A store MUST open, commit and discard only an image that bears `mark`. */
export interface DestinationRef {
  readonly image_id: string;
  readonly tenant_id: string | null;
  /** Names the job: the id of its workflow's first run, which a reset keeps. */
  readonly mark: string;
  /** The digests of the image's data. Data with other digests is not this job's. */
  readonly digests: Digests;
  /**
   * Present if a commit may have happened. A Glance's commit removes the mark; then the digests identify the
   * image.
   */
  readonly committing?: true;
  /**
   * Present if somebody may still be removing what an earlier run has committed. That is so in a run that a
   * reset has made, unless it is known that a run has ended as replicated. Set only for a store that
   * has `unmarksCommitted`.
   */
  readonly contested?: true;
}

/** A source image as it was inspected. */
export interface InspectedImage {
  readonly record: ImageRecord;
  /** The store's own name for exactly these bytes: a later read of other bytes fails with `changed`. */
  readonly pin: string;
}

/** The reading half of a store. */
export interface ImageSource {
  /**
   * Returns an image's record, and a pin of its data. A store that knows users looks the image up with the
   * rights of `user`, if there is one. Throws `not_found`, `not_active`, `invalid_image`, `unavailable`.
   */
  inspect(ref: SourceRef, user?: UserCredential): Promise<InspectedImage>;
  /** Opens the data that was inspected. Throws `changed`, `not_found`, `unavailable`. */
  openReader(ref: SourceRef, pin: string, options?: ReaderOptions): Promise<PartReader>;
}

/** Says how a reader finds out whether data has changed. */
export interface ReaderOptions {
  /**
   * The digests in the record. Data that was written again counts as unchanged if it has these digests. To
   * find out, a store MAY read all of the data.
   */
  readonly digests?: Digests;
  /** `true` if `openReader` MAY leave the check to the reads, and to `PartReader.check`. */
  readonly checksLater?: boolean;
}

/**
 * Rejects if a change is no longer wanted. The answer MAY be some seconds old.
 * @param since a time of `performance.now()`: the answer MUST be to a question that was asked after this time
 */
export type Confirm = (since?: number) => Promise<void>;

/** Connects a call that may take long with its caller. */
export interface Watch {
  /** Ends the call, with the signal's reason. */
  readonly signal: AbortSignal;
  /** Tells the caller that the call is making progress. */
  moved(): void;
  /**
   * Rejects if the caller no longer wants the call to go on. A store MUST await it
   * - right before each removal and each doom that it cannot make conditional;
   * - before it puts an object into its place, but after it has looked at what it replaces.
   */
  readonly confirm: Confirm;
}

/**
 * The writing half of a store. A copy calls `prepare` and `openSink`, fills the sink, and calls `commit`, in
 * this order; and `discard` at any time, from any process. Every call MAY be repeated.
 *
 * Each call has the number of its attempt, a fencing token. Numbers grow with every attempt at every step of
 * a job, also when its workflow is reset. An image in the making belongs to the highest attempt that has
 * taken it: a store MUST refuse a lower one with `conflict`. The store MUST make this check and the change
 * itself one atomic step, because a process may be frozen between any two calls and go on much later.
 */
export interface ImageDestination {
  /**
   * Present if a committed image bears no mark, and the store cannot lock out a removal that is on its way.
   * For such a store, a run that a reset has made asks Temporal before `adopt` and `commit` whether an
   * earlier run may have committed the image (`committing`), and whether the image is `contested`.
   */
  readonly unmarksCommitted?: true;
  /**
   * Checks that there is room for a tenant's image of `size` bytes, as far as the store can tell beforehand.
   * Throws `quota_exceeded` if there is none.
   */
  checkRoom?(tenantId: string | null, size: number): Promise<void>;
  /**
   * Reserves the image id for this job. This is the only call that creates anything. A store MAY take over
   * an earlier attempt's reservation, but only if no byte from an earlier inspection of the source can get
   * into the image. Throws `quota_exceeded`, `unavailable`, and `conflict` if the id belongs to an image, to
   * another job or to a later attempt. Throws `spoilt` if the store will never accept this id again.
   */
  prepare(ref: DestinationRef, attempt: number, image: ImageRecord): Promise<void>;
  /**
   * Takes over the image that an earlier run of this job has committed. After that, the earlier run can no
   * longer undo its commit. Returns `null` if there is no such image. If a store cannot lock out a removal
   * that the earlier run has begun, it MUST NOT take over a contested image, and throws `spoilt`.
   */
  adopt(ref: DestinationRef, attempt: number): Promise<ImageRecord | null>;
  /**
   * Opens the image that `prepare` has reserved, to write its data. A sink for parts or blocks locks out
   * sinks of lower attempts. A stream sink does not: if two attempts upload at once, the image takes one
   * upload. Throws `not_found` if the image is gone, `conflict` if a higher attempt has the image or if
   * somebody else's data is in it, and `spoilt` if the job has to use another image id.
   */
  openSink(ref: DestinationRef, attempt: number, size: number): Promise<ImageSink>;
  /**
   * Makes the image visible, whole, with its record. A repeat after success is harmless. An abort MUST NOT
   * end a request that commits: the store waits for its answer. Throws `not_found` if the reservation is
   * gone. Throws `spoilt` if the image is committed already, and `adopt` would throw `spoilt`.
   */
  commit(ref: DestinationRef, attempt: number, record: ImageRecord, watch?: Watch): Promise<void>;
  /**
   * Removes every trace of this job's image. A committed image MUST stay, unless the reference says that this
   * call undoes its commit (`committing`). Succeeds if there is nothing to remove. Throws `conflict` if a
   * higher attempt has taken the image.
   */
  discard(ref: DestinationRef, attempt: number, watch?: Watch): Promise<void>;
}

/**
 * Attributes that an object has beside its bytes: header fields in lower case, as in S3's API; or `mode` and
 * `modified` of a file.
 */
export type ObjectAttributes = Readonly<Record<string, string>>;
