import type { Digests, ImageRecord } from '../image/index.ts';
import type { UserCredential } from '../openstack/index.ts';
import type { ImageSink, PartReader } from './data-port.ts';

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
