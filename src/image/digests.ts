import type { ImageRecord } from './record.ts';

/** The known digests of an image's data, in lower-case hexadecimal. */
export interface Digests {
  readonly sha512: string | null;
  readonly md5: string | null;
  /** Known only if a Glance is configured for sha256. Histories of earlier versions lack this field. */
  readonly sha256?: string;
}

/** The algorithms, from the strongest to the weakest. */
const ALGORITHMS = ['sha512', 'sha256', 'md5'] as const satisfies readonly (keyof Digests)[];
export type Algorithm = (typeof ALGORITHMS)[number];

/**
 * The digest by which a copy was compared with its source; `none` if no digest is known of both. `crc64nvme`
 * is the checksum of an object store that has made the copy by itself.
 */
export type VerifiedBy = Algorithm | 'crc64nvme' | 'none';

/** Returns every digest that a record has. */
export function digestsOf(record: Pick<ImageRecord, 'os_hash_algo' | 'os_hash_value' | 'checksum'>): Digests {
  const { os_hash_algo, os_hash_value, checksum } = record;
  // In records of an earlier version, a value without the name of its algorithm is a sha512.
  if (os_hash_algo !== 'sha256') return { sha512: os_hash_value, md5: checksum };
  return { sha512: null, md5: checksum, ...(os_hash_value !== null && { sha256: os_hash_value }) };
}

/** Returns the algorithms whose digests are known. */
export function knownDigests(digests: Digests): readonly Algorithm[] {
  return ALGORITHMS.filter((algorithm) => (digests[algorithm] ?? null) !== null);
}

/** Returns the strongest algorithm whose two digests are known and differ; `undefined` if there is none. */
export function differingDigest(expected: Digests, actual: Digests): Algorithm | undefined {
  return commonDigests(expected, actual).find((algorithm) => expected[algorithm] !== actual[algorithm]);
}

/**
 * Compares two images by each algorithm whose digest is known of both. Returns
 * - `different` if any of these digests differs,
 * - `none` if there is no such algorithm,
 * - otherwise the strongest of these algorithms.
 */
export function compareDigests(expected: Digests, actual: Digests): VerifiedBy | 'different' {
  return differingDigest(expected, actual) === undefined ? strongestCommon(expected, actual) : 'different';
}

/** Returns the strongest algorithm whose two digests are known, equal or not; `none` if there is none. */
export function strongestCommon(expected: Digests, actual: Digests): VerifiedBy {
  return commonDigests(expected, actual)[0] ?? 'none';
}

function commonDigests(expected: Digests, actual: Digests): readonly Algorithm[] {
  const known = new Set(knownDigests(actual));
  return knownDigests(expected).filter((algorithm) => known.has(algorithm));
}
