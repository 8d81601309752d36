import { Command, CommanderError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { addCheckCommand } from './check.ts';
import { addCodecCommand } from './codec.ts';
import { addCompletionCommand, everyCommand } from './completion.ts';
import { addConfigCommand } from './config.ts';
import { addCopyCommand } from './copy.ts';
import { exitCodeOf, reportOf } from './errors.ts';
import { addWatchCommand } from './follow.ts';
import { addHealthCommand } from './health.ts';
import { addImagesCommand } from './images.ts';
import { addJobCommands } from './jobs.ts';
import { addLimitCommand } from './limit.ts';
import { addListCommand } from './list.ts';
import { wantsJson } from './output.ts';
import { addPauseCommands } from './pause.ts';
import { printError } from './print-error.ts';
import { addProcessCommands } from './processes.ts';
import { addSweepCommand } from './sweep.ts';
import { addTasksCommand } from './tasks.ts';

const program = new Command('image-replicator')
  .description('Copies machine images from region to region: each copy is a durable Temporal workflow.')
  .version(packageJson.version)
  .addOption(
    new Option('-c, --config <file>', 'configuration file')
      .env('IMAGE_REPLICATOR_CONFIG')
      .default('image-replicator.yaml'),
  )
  .option('--json', 'print JSON, errors too')
  .showHelpAfterError('(--help tells more)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Temporal is found as every Temporal tool finds it: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE, …

Exit codes: 0 done, or the job is replicated; 1 the job failed, or something unexpected; 2 wrong usage or
configuration; 3 the job was canceled; 4 no such job or image; 5 its state does not allow it; 6 a store or
Temporal cannot be reached. Ctrl-C while a job is watched: 130.

Example:
  image-replicator images add ubuntu.qcow2 --region ot1
  image-replicator copy <image-id> --from ot1 --to ot2`,
  );
addCopyCommand(program);
addWatchCommand(program);
addListCommand(program);
addJobCommands(program);
addPauseCommands(program);
addLimitCommand(program);
addImagesCommand(program);
addTasksCommand(program);
addSweepCommand(program);
addCheckCommand(program);
addConfigCommand(program);
addHealthCommand(program);
addCodecCommand(program);
addProcessCommands(program);
addCompletionCommand(program);

const json = wantsJson(process.argv.slice(2));
// Commander itself prints usage errors as text. With `--json`, the code below prints them instead.
if (json)
  for (const command of everyCommand(program))
    command.configureOutput({ outputError: () => {}, writeErr: () => {} });

try {
  await program.parseAsync();
} catch (error) {
  const report = reportOf(error);
  if (report !== null && (json || !(error instanceof CommanderError))) printError(json, report);
  process.exitCode = exitCodeOf(error);
}
