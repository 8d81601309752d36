import { access, constants, mkdir } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { readCertificate } from '../api/tls.ts';
import {
  type Config,
  changesBetween,
  loadConfig,
  openRegions,
  type Region,
  readMarkerKey,
} from '../config/index.ts';
import { openIdentity } from '../identity/index.ts';
import { connectClient, ensureSearchAttributes } from '../temporal/index.ts';
import { errorText, harmless } from '../text/index.ts';
import { assertSpoolFits, thoroughRegion, thoroughTemporal } from './check-thorough.ts';
import type { GlobalOptions } from './context.ts';
import { EXIT } from './errors.ts';
import { causesOf, type Finding } from './finding.ts';
import { addExamples } from './help.ts';
import { print } from './print.ts';

interface CheckOptions extends GlobalOptions {
  readonly against?: string;
  readonly thorough?: true;
  readonly tenant?: string;
}

/** Adds the command `check`. */
export function addCheckCommand(program: Command): void {
  const check = program
    .command('check')
    .option(
      '--against <file>',
      'compare with the file that running processes use, and tell which changed keys need a restart',
    )
    .option(
      '--thorough',
      'also write, read and remove a small image in each region, and look at the settings of Temporal',
    )
    .option('--tenant <id>', 'with --thorough: the tenant of that image; a region with projects needs one')
    .summary('validate the configuration, and connect to everything that it names')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<CheckOptions>();
      const config = await loadConfig(options.config);
      const { against, thorough = false, tenant = null } = options;
      const regions = [...(await openRegions(config)).values()];
      const findings = [
        ...(await temporalFindings(config, thorough)),
        ...(await configFindings(config, regions, thorough)),
        ...(thorough ? await trialFindings(config, regions, tenant) : []),
        ...(against === undefined ? [] : changeFindings(await loadConfig(against), config)),
      ];
      print(options.json, findings, findings.map(findingText).join('\n'));
      if (findings.some(({ problem }) => problem !== null)) process.exitCode = EXIT.unavailable;
    });
  addExamples(check, 'check --thorough', 'check -c new.yaml --against image-replicator.yaml');
}

/** Returns a finding for each changed key, which says whether the change needs a restart. */
function changeFindings(before: Config, after: Config): Finding[] {
  const { live, restart } = changesBetween(before, after);
  return [
    ...live.map((key) => ({ what: `${key}: takes effect while processes run`, problem: null })),
    ...restart.map((key) => ({ what: `${key}: needs a restart`, problem: null })),
  ];
}

async function temporalFindings({ encryption }: Config, thorough: boolean): Promise<Finding[]> {
  try {
    const client = await connectClient(encryption);
    const { namespace } = client.options;
    const found = [
      await finding(`Temporal, namespace ${namespace}`, async () => {
        await client.workflowService.describeNamespace({ namespace });
      }),
      await finding('search attributes', () => ensureSearchAttributes(client)),
      ...(thorough ? await settingsFindings(client) : []),
    ];
    await client.connection.close();
    return found;
  } catch (error) {
    return [{ what: 'Temporal', problem: errorText(error) }];
  }
}

/** Looks at the settings of Temporal. If that fails, the other findings about Temporal still count. */
function settingsFindings(client: Client): Promise<Finding[]> {
  return thoroughTemporal(client).catch((error) => [
    { what: 'settings of Temporal', problem: errorText(error) },
  ]);
}

/** Tries the regions one after the other, so that no region slows down another. */
async function trialFindings(
  config: Config,
  regions: readonly Region[],
  tenant: string | null,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const region of regions) {
    findings.push(...(await thoroughRegion(region, config, tenant)));
  }
  return findings;
}

async function configFindings(
  config: Config,
  regions: readonly Region[],
  thorough: boolean,
): Promise<Finding[]> {
  const { identity, spool, api } = config;
  const { tls, secret } = api;
  return Promise.all([
    ...regions.map(({ name, store }) => finding(`region ${name}`, () => store.check())),
    ...(secret === null ? [] : [finding('api.secret', async () => void (await readMarkerKey(secret)))]),
    ...(tls === null ? [] : [finding('certificate', async () => void (await readCertificate(tls)))]),
    ...(spool === null ? [] : [finding('spool', () => checkSpool(spool, thorough))]),
    ...(identity === null ? [] : [finding('identity', async () => (await openIdentity(identity)).check())]),
  ]);
}

/** Makes the spool's folder if it is missing, as a worker does. Checks that the folder can be written. */
async function checkSpool(spool: { path: string; bytes: number }, thorough: boolean): Promise<void> {
  const { path } = spool;
  await mkdir(path, { recursive: true, mode: 0o700 });
  await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  if (thorough) await assertSpoolFits(spool);
}

function findingText({ what, problem, isNote }: Finding): string {
  if (isNote) return harmless(`note    ${what}`);
  return harmless(problem === null ? `ok      ${what}` : `FAILED  ${what}: ${problem}`);
}

async function finding(what: string, check: () => Promise<void>): Promise<Finding> {
  try {
    await check();
    return { what, problem: null };
  } catch (error) {
    return { what, problem: causesOf(error) };
  }
}
