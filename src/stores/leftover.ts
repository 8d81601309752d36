/**
 * Data of a copy that has not become an image or object. Its job may still be at work on it, or may have left
 * it behind.
 */
export interface Leftover {
  readonly kind:
    | 'image in the making'
    | 'object in the making'
    | 'upload'
    | 'data'
    | 'record'
    | 'small object';
  /** Its place in the store, in words for a person. */
  readonly place: string;
  /** The job's mark, or `null` if nothing shows to which job it belongs. */
  readonly mark: string | null;
  /** Bytes that it takes. */
  readonly bytes: number;
  /** Time of its last change, as far as the store can tell. */
  readonly changed: Date;
  /**
   * Age in milliseconds after which no job can still be at work on it; `null` if age alone does not prove
   * that.
   */
  readonly abandonedAfter: number | null;
  /** Removes it, unless an attempt has taken it over since it was listed. Returns whether it was removed. */
  remove(): Promise<boolean>;
}
