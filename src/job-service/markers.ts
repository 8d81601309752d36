import { createHmac, timingSafeEqual } from 'node:crypto';
import { JobError } from './errors.ts';

const TAG_BYTES = 16;

/** Makes and reads the markers that lead from one page of a list to the next one. */
export interface Markers {
  /** Returns the marker of a page. It is valid only for the list of this name. */
  make(list: string, pageToken: Uint8Array): string;
  /**
   * Returns the page token in a marker.
   * @throws JobError `invalid` for the field `marker`, if the marker was not made for this list with this key
   */
  read(list: string, marker: string): Uint8Array;
}

/**
 * Returns markers that nobody can forge without the key: each consists of an HMAC-SHA256 and Temporal's page
 * token. Facades that share a key can read each other's markers.
 */
export function openMarkers(key: string): Markers {
  const tagOf = (list: string, pageToken: Uint8Array) =>
    createHmac('sha256', key).update(list).update('\0').update(pageToken).digest().subarray(0, TAG_BYTES);
  return {
    make: (list, pageToken) => Buffer.concat([tagOf(list, pageToken), pageToken]).toString('base64url'),
    read(list, marker) {
      const bytes = Buffer.from(marker, 'base64url');
      const [tag, pageToken] = [bytes.subarray(0, TAG_BYTES), bytes.subarray(TAG_BYTES)];
      if (tag.length !== TAG_BYTES || !timingSafeEqual(tag, tagOf(list, pageToken))) throw badMarker();
      return pageToken;
    },
  };
}

/** Returns the error for a marker that cannot be read. */
export function badMarker(): JobError {
  const problem = 'is not a marker of this list; use one that an earlier page of the list has given';
  return new JobError('invalid', problem, { field: 'marker' });
}
