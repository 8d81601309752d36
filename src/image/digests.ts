import type { ImageRecord } from './record.ts';

/** What an image's data has to be, as far as it is known; lower-case hexadecimal. */
export interface Digests {
  readonly sha512: string | null;
  readonly md5: string | null;
  /** Only a Glance that is set to it has one; absent everywhere else, also in histories. */
  readonly sha256?: string;
}

/** From the strongest to the weakest. */
const ALGORITHMS = ['sha512', 'sha256', 'md5'] as const satisfies readonly (keyof Digests)[];
export type Algorithm = (typeof ALGORITHMS)[number];

/** The digest by which a copy was found to be its source's: the strongest that the source's record has. */
export type VerifiedBy = Algorithm | 'none';

/** Returns every digest that a record has. */
export function digestsOf(record: Pick<ImageRecord, 'os_hash_algo' | 'os_hash_value' | 'checksum'>): Digests {
  const { os_hash_algo, os_hash_value, checksum } = record;
  // Records of an earlier version may have a value without the name of its algorithm, which is sha512 then.
  if (os_hash_algo !== 'sha256') return { sha512: os_hash_value, md5: checksum };
  return { sha512: null, md5: checksum, ...(os_hash_value !== null && { sha256: os_hash_value }) };
}

/** Returns the algorithms whose digests are known. */
export function knownDigests(digests: Digests): readonly Algorithm[] {
  return ALGORITHMS.filter((algorithm) => (digests[algorithm] ?? null) !== null);
}

/** Returns the strongest digest that both have and in which they differ; `undefined` where there is none. */
export function differingDigest(expected: Digests, actual: Digests): Algorithm | undefined {
  return commonDigests(expected, actual).find((algorithm) => expected[algorithm] !== actual[algorithm]);
}

/**
 * Compares each digest that both have. Returns `different` where any of them differs, else the strongest;
 * `none` where nothing can be compared.
 */
export function compareDigests(expected: Digests, actual: Digests): VerifiedBy | 'different' {
  return differingDigest(expected, actual) === undefined ? strongestCommon(expected, actual) : 'different';
}

/** Returns the strongest digest that both have, whatever its value; `none` where there is none. */
export function strongestCommon(expected: Digests, actual: Digests): VerifiedBy {
  return commonDigests(expected, actual)[0] ?? 'none';
}

function commonDigests(expected: Digests, actual: Digests): readonly Algorithm[] {
  const known = new Set(knownDigests(actual));
  return knownDigests(expected).filter((algorithm) => known.has(algorithm));
}
