import type { ImageRecord } from './record.ts';

/** What an image's data has to be, as far as it is known; lower-case hexadecimal. */
export interface Digests {
  readonly sha512: string | null;
  readonly md5: string | null;
}

/** The digest by which a copy was found to be its source's: the strongest that the source's record has. */
export type VerifiedBy = 'sha512' | 'md5' | 'none';

export function digestsOf({ os_hash_value, checksum }: ImageRecord): Digests {
  return { sha512: os_hash_value, md5: checksum };
}

/** Whether data with these digests may be taken for the expected; `none` where nothing can be compared. */
export function compareDigests(expected: Digests, actual: Digests): VerifiedBy | 'different' {
  for (const algorithm of ['sha512', 'md5'] as const) {
    const [wanted, found] = [expected[algorithm], actual[algorithm]];
    if (wanted !== null && found !== null) return wanted === found ? algorithm : 'different';
  }
  return 'none';
}
