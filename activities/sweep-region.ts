import { log } from '@temporalio/activity';
import type { SweepReport, SweepRequest } from '../src/copy-job/index.ts';
import { type SweepFinding, sweepStores } from '../src/sweep/index.ts';
import type { Dependencies } from './dependencies.ts';
import { heartbeating } from './step.ts';

/**
 * The largest number of findings that a report lists one by one. It is limited because the report becomes
 * part of a history.
 */
const MAX_FINDINGS = 100;

/** Removes from a region what ended jobs have left there, and returns a report. */
export async function sweepRegion(
  { regions, client }: Dependencies,
  { region: name, dry_run, grace }: SweepRequest,
): Promise<SweepReport> {
  const region = regions.get(name);
  if (region === undefined) throw new Error(`this worker's configuration has no region '${name}'`);
  const counts = { found: 0, removed: 0, bytes_removed: 0 };
  const findings: SweepFinding[] = [];
  return heartbeating(
    () => counts,
    async () => {
      for await (const finding of sweepStores(client, region, { dry_run, grace })) {
        counts.found += 1;
        if (finding.outcome === 'removed') {
          counts.removed += 1;
          counts.bytes_removed += finding.bytes;
          log.info('removed a leftover', { finding });
        }
        if (findings.length < MAX_FINDINGS) findings.push(finding);
      }
      return { ...counts, findings };
    },
  );
}
