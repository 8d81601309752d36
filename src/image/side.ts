/** One end of a copy. */
export type Side = 'source' | 'destination';
