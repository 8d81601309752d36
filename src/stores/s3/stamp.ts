/**
 * Metadata of an object that a job has made: the job's mark, and which of the job's reservations of the place
 * the object belongs to. A request that was held up may make an object when its reservation has long been
 * given up: then the number tells that the object does not belong to the present one.
 */
export interface Stamp {
  readonly mark: string;
  /** Number of the attempt that has reserved the place. Workers of an earlier version noted none. */
  readonly reserved?: number | undefined;
}

const MARK = 'image-replicator-mark';
const RESERVED = 'image-replicator-reserved';

/** Returns a stamp as an object's metadata. */
export function metadataOf({ mark, reserved }: Stamp): Record<string, string> {
  return {
    [MARK]: encodeURIComponent(mark),
    ...(reserved !== undefined && { [RESERVED]: String(reserved) }),
  };
}

/** Reads the stamp that an object bears, as far as it bears one. */
export function stampFrom(metadata: Readonly<Record<string, string>> | undefined): Partial<Stamp> {
  const { [MARK]: mark, [RESERVED]: reserved } = metadata ?? {};
  return {
    ...(mark !== undefined && { mark: decodeURIComponent(mark) }),
    ...(reserved !== undefined && { reserved: Number(reserved) }),
  };
}

/**
 * Tells whether an object may be what a reservation has made. An object without a stamp may come from an
 * earlier version, which also leaves the number out of a job object that it takes over.
 */
export function isOf(stamp: Partial<Stamp>, reservation: Stamp): boolean {
  const { mark = reservation.mark, reserved = reservation.reserved } = stamp;
  const isSameNumber = reservation.reserved === undefined || reserved === reservation.reserved;
  return mark === reservation.mark && isSameNumber;
}
