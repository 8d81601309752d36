/**
 * Data of a copy that is no image or object. Its job may still be at work on it, or may have left it behind.
 */
export interface Leftover {
  readonly kind: 'image in the making' | 'object in the making' | 'upload' | 'data' | 'small object';
  /** Its place in the store, for a person. */
  readonly place: string;
  /** The job's mark, or `null` if nothing tells whose it is. */
  readonly mark: string | null;
  /** Bytes that it takes. */
  readonly bytes: number;
  /** Time of its last change, as far as the store can tell. */
  readonly changed: Date;
  /**
   * Age in milliseconds from which on nobody can be at work on it any more, whoever it was; `null` if its age
   * alone proves nothing.
   */
  readonly abandonedAfter: number | null;
  /** Removes it, unless somebody has taken it up since it was listed. Returns whether it was removed. */
  remove(): Promise<boolean>;
}
