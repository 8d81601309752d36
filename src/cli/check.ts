import type { Command } from 'commander';
import { tokenFile } from '../identity/index.ts';
import { ensureSearchAttributes } from '../temporal/index.ts';
import { type Context, type GlobalOptions, withContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { print } from './print.ts';

interface Finding {
  readonly what: string;
  readonly problem: string | null;
}

export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .summary('validate the configuration, and reach everything that it names')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      await withContext(options, async (context) => {
        const findings = await Promise.all(checks(context));
        const text = findings.map(
          ({ what, problem }) =>
            `${problem === null ? 'ok    ' : 'FAILED'}  ${what}${problem === null ? '' : `: ${problem}`}`,
        );
        print(options.json, findings, text.join('\n'));
        if (findings.some(({ problem }) => problem !== null)) process.exitCode = EXIT.unavailable;
      });
    });
}

function checks({ config, regions, client, jobs }: Context): Promise<Finding>[] {
  const namespace = client.options.namespace;
  return [
    finding(`Temporal, namespace ${namespace}`, () => jobs.check()),
    finding('search attributes', () => ensureSearchAttributes(client)),
    ...[...regions.values()].map(({ name, store }) => finding(`region ${name}`, () => store.check())),
    ...(config.identity === null
      ? []
      : [finding('identity', () => tokenFile(config.identity?.path ?? '').check())]),
  ];
}

async function finding(what: string, check: () => Promise<void>): Promise<Finding> {
  try {
    await check();
    return { what, problem: null };
  } catch (error) {
    return { what, problem: (error as Error).message };
  }
}
