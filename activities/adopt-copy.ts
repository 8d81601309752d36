import type { Client } from '@temporalio/client';
import { compareDigests, digestsOf, type ImageRecord } from '../src/image/index.ts';
import type { DestinationRef, ImageDestination } from '../src/stores/index.ts';
import type { Copied } from '../src/transfer/index.ts';
import { isFirstRun } from './current-run.ts';
import { withEarlierCommits } from './earlier-runs.ts';

/**
 * Takes over the copy that an earlier run of this job made before the job was reset. Returns `null` if there
 * is no such copy, or if its size or one of its digests differs from the source's.
 * @throws StoreError `spoilt` if an earlier run or a sweep may still be removing the copy; the job then makes
 * another image
 */
export async function adoptCopy(
  client: Client,
  destination: ImageDestination,
  ref: DestinationRef,
  attempt: number,
  source: ImageRecord,
): Promise<Copied | null> {
  if (isFirstRun(ref)) return null;
  const copy = await destination.adopt(await withEarlierCommits(client, destination, ref), attempt);
  if (copy === null || copy.size !== source.size) return null;
  const verified_by = compareDigests(digestsOf(source), digestsOf(copy));
  return verified_by === 'different' ? null : { ...digestsOf(copy), verified_by };
}
