import { access, constants, mkdir } from 'node:fs/promises';
import type { Connection } from '@temporalio/client';
import type { Command } from 'commander';
import { readCertificate } from '../api/tls.ts';
import { type Config, changesBetween, loadConfig, openRegions } from '../config/index.ts';
import { openIdentity } from '../identity/index.ts';
import { connectClient, ensureSearchAttributes } from '../temporal/index.ts';
import { harmless } from '../text/index.ts';
import type { GlobalOptions } from './context.ts';
import { EXIT } from './errors.ts';
import { print } from './print.ts';

interface Finding {
  readonly what: string;
  readonly problem: string | null;
}

export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .option('--against <file>', 'tell which keys need a restart of processes that run with this file')
    .summary('validate the configuration, and reach everything that it names')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { against?: string }>();
      const config = await loadConfig(options.config);
      const { against } = options;
      const findings = [
        ...(await temporalFindings(config)),
        ...(await ownFindings(config)),
        ...(against === undefined ? [] : changeFindings(await loadConfig(against), config)),
      ];
      print(options.json, findings, findings.map(findingText).join('\n'));
      if (findings.some(({ problem }) => problem !== null)) process.exitCode = EXIT.unavailable;
    });
}

/** Tells what becomes of each key that has changed. A restart that is needed is no problem of the file. */
function changeFindings(before: Config, after: Config): Finding[] {
  const { live, restart } = changesBetween(before, after);
  return [
    ...live.map((key) => ({ what: `${key}: takes effect while processes run`, problem: null })),
    ...restart.map((key) => ({ what: `${key}: needs a restart`, problem: null })),
  ];
}

async function temporalFindings({ encryption }: Config): Promise<Finding[]> {
  try {
    const client = await connectClient(encryption);
    const { namespace } = client.options;
    const found = [
      await finding(`Temporal, namespace ${namespace}`, async () => {
        await client.workflowService.describeNamespace({ namespace });
      }),
      await finding('search attributes', () => ensureSearchAttributes(client)),
    ];
    await (client.connection as Connection).close();
    return found;
  } catch (error) {
    return [{ what: 'Temporal', problem: (error as Error).message }];
  }
}

async function ownFindings(config: Config): Promise<Finding[]> {
  const { identity, spool, api } = config;
  const { tls } = api;
  const regions = [...(await openRegions(config)).values()];
  return Promise.all([
    ...regions.map(({ name, store }) => finding(`region ${name}`, () => store.check())),
    ...(tls === null ? [] : [finding('certificate', async () => void (await readCertificate(tls)))]),
    ...(spool === null ? [] : [finding('spool', () => checkSpool(spool.path))]),
    ...(identity === null ? [] : [finding('identity', async () => (await openIdentity(identity)).check())]),
  ]);
}

/** Checks that the spool's folder can be written. Makes it if it is missing, as a worker does. */
async function checkSpool(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
}

function findingText({ what, problem }: Finding): string {
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

/**
 * Returns the messages of an error's causes. They name the address, the file or the key: an operator may know
 * these, a tenant may not.
 */
function causesOf(error: unknown): string {
  const told: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    const { message } = at;
    if (!told.some((text) => text.includes(message))) told.push(message);
  }
  return told.join(': ');
}
