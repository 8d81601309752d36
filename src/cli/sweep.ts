import type { Client } from '@temporalio/client';
import { type Command, InvalidArgumentError } from 'commander';
import ms, { type StringValue } from 'ms';
import type { Region } from '../config/index.ts';
import { StoreError } from '../stores/index.ts';
import { regionsOf, type SweepFinding, type SweepOptions, sweepStores } from '../sweep/index.ts';
import { bytesText, harmless, spanText } from '../text/index.ts';
import { type GlobalOptions, withContext } from './context.ts';
import { unknownRegion } from './errors.ts';
import { addExamples } from './help.ts';
import { print } from './print.ts';

interface SweepCommandOptions extends GlobalOptions {
  readonly dryRun?: true;
  readonly region?: string;
  readonly grace?: number;
}

/** Adds the command `sweep`. */
export function addSweepCommand(program: Command): void {
  const sweep = program
    .command('sweep')
    .option('--dry-run', 'only list what would be removed')
    .option('--region <region>', 'only this region (default: all)')
    .option(
      '--grace <duration>',
      'leave alone what has changed within this time, such as 10m (default: 1h)',
      duration,
    )
    .summary('remove what ended jobs have left behind')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<SweepCommandOptions>();
      const { dryRun: dry_run = false, grace = ms('1h') } = options;
      await withContext(options, async ({ client, regions }) => {
        const wanted = regionsOf(regions, options.region);
        if (wanted.length === 0) throw unknownRegion(options.region ?? '', regions);
        const { findings, failures } = await sweepAll(client, wanted, { dry_run, grace });
        const nothing = failures.length === 0 ? 'nothing is left behind' : 'nothing is left behind elsewhere';
        print(options.json, findings, findings.map(findingText).join('\n') || nothing);
        if (failures.length > 0) throw new StoreError('unavailable', failures.join('; '));
      });
    });
  addExamples(sweep, 'sweep --dry-run', 'sweep --region ot2 --grace 10m');
}

/**
 * Sweeps regions, one after the other. Returns the findings, and a message for each region that could not be
 * swept. The other regions are swept nevertheless.
 */
async function sweepAll(
  client: Client,
  regions: readonly Region[],
  options: SweepOptions,
): Promise<{ readonly findings: readonly SweepFinding[]; readonly failures: readonly string[] }> {
  const findings: SweepFinding[] = [];
  const failures: string[] = [];
  for (const region of regions) {
    try {
      await region.store.check();
      for await (const finding of sweepStores(client, region, options)) findings.push(finding);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      failures.push(`region ${region.name}: ${error.message}`);
    }
  }
  return { findings, failures };
}

function duration(text: string): number {
  const milliseconds = text === '' ? undefined : ms(text as StringValue);
  if (milliseconds === undefined || milliseconds < 0) {
    throw new InvalidArgumentError('It has to be a duration such as 10m or 1h.');
  }
  return milliseconds;
}

function findingText({ region, kind, place, bytes, age, job, outcome, why }: SweepFinding): string {
  const what = `${kind} ${region}/${place}, ${bytesText(bytes)}, ${spanText(age)} old, job ${job ?? 'unknown'}`;
  return harmless(`${outcome}: ${what}: ${why}`);
}
