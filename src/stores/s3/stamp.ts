import { markFrom, markText } from '../mark-text.ts';

/**
 * Metadata of an object that a job has made. The stamp names the job, and the reservation to which the object
 * belongs: a delayed request may make an object when its reservation is long gone.
 */
export interface Stamp {
  readonly mark: string;
  /** Number of the attempt that has reserved the image id. Workers of an earlier version noted none. */
  readonly reserved?: number | undefined;
}

const MARK = 'image-replicator-mark';
const RESERVED = 'image-replicator-reserved';

/** Returns a stamp as an object's metadata. */
export function metadataOf({ mark, reserved }: Stamp): Record<string, string> {
  return {
    [MARK]: markText(mark),
    ...(reserved !== undefined && { [RESERVED]: String(reserved) }),
  };
}

/** The stamp of an object that was found. A mark that no job can have written is `null`. */
export interface FoundStamp {
  readonly mark?: string | null;
  readonly reserved?: number;
}

/** Reads an object's stamp from its metadata. A field without metadata is missing in the stamp. */
export function stampFrom(metadata: Readonly<Record<string, string>> | undefined): FoundStamp {
  const { [MARK]: mark, [RESERVED]: reserved } = metadata ?? {};
  return {
    ...(mark !== undefined && { mark: markFrom(mark) }),
    ...(reserved !== undefined && { reserved: Number(reserved) }),
  };
}

/**
 * Tells whether an object may have been made for a reservation. A missing mark or number counts as equal:
 * earlier versions write objects without a stamp, and job objects without a number.
 */
export function mayBelongTo(stamp: FoundStamp, reservation: Stamp): boolean {
  const { mark = reservation.mark, reserved = reservation.reserved } = stamp;
  const isSameNumber = reservation.reserved === undefined || reserved === reservation.reserved;
  return mark === reservation.mark && isSameNumber;
}
