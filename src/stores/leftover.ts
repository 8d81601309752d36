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
