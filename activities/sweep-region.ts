import { log } from '@temporalio/activity';
import type { SweepReport, SweepRequest } from '../src/copy-job/index.ts';
import { type SweepFinding, sweepStores } from '../src/sweep/index.ts';
import type { Dependencies } from './dependencies.ts';
import { toFailure } from './failures.ts';
import { regionOf } from './region-of.ts';
import { heartbeating } from './step.ts';

/**
 * The largest number of findings that a report lists one by one. It is limited because the report becomes
 * part of a history.
 */
const MAX_FINDINGS = 100;

/** Removes the leftovers of ended jobs from a region, and returns a report. */
export async function sweepRegion(
  { regions, client }: Dependencies,
  { region: name, dry_run, grace }: SweepRequest,
): Promise<SweepReport> {
  const counts = { found: 0, removed: 0, bytes_removed: 0 };
  const findings: SweepFinding[] = [];
  const sweep = async () => {
    for await (const finding of sweepStores(client, regionOf(regions, name), { dry_run, grace })) {
      counts.found += 1;
      if (finding.outcome === 'removed') {
        counts.removed += 1;
        counts.bytes_removed += finding.bytes;
        log.info('removed a leftover', { finding });
      }
      if (findings.length < MAX_FINDINGS) findings.push(finding);
    }
    return { ...counts, findings };
  };
  try {
    return await heartbeating(() => counts, sweep);
  } catch (error) {
    // Every error is retried, but the workflow limits the number of attempts.
    throw toFailure(error, 0, Number.POSITIVE_INFINITY);
  }
}
