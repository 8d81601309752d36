import { Command, CommanderError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { addCheckCommand } from './check.ts';
import { addCodecCommand } from './codec.ts';
import { addCompletionCommand } from './completion.ts';
import { addConfigCommand } from './config.ts';
import { addCopyCommand } from './copy.ts';
import { exitCodeOf, reportOf } from './errors.ts';
import { addWatchCommand } from './follow.ts';
import { addHealthCommand } from './health.ts';
import { addExamples, HELP } from './help.ts';
import { addImagesCommand } from './images.ts';
import { addJobCommands } from './jobs.ts';
import { addLimitCommand } from './limit.ts';
import { addListCommand } from './list.ts';
import { wantsJson } from './output.ts';
import { addPauseCommands } from './pause.ts';
import { printError } from './print-error.ts';
import { addServeCommand } from './serve.ts';
import { addSweepCommand } from './sweep.ts';
import { addTasksCommand } from './tasks.ts';
import { addWorkerCommand } from './worker.ts';

const json = wantsJson(process.argv.slice(2));

// A command takes over the settings that the program has when the command is added. So the settings come
// first.
const program = new Command('image-replicator')
  .description('Copies machine images from region to region. Each copy is a durable Temporal workflow.')
  .version(packageJson.version, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .addOption(
    new Option('-c, --config <file>', 'configuration file')
      .env('IMAGE_REPLICATOR_CONFIG')
      .default('image-replicator.yaml'),
  )
  .option('--json', 'print results and errors as JSON')
  .configureHelp(HELP)
  .showHelpAfterError('Add --help to see the usage.')
  .exitOverride()
  .configureOutput(
    json
      ? { outputError: () => {}, writeErr: () => {} }
      : { outputError: (text, write) => write(text.replace(/^error: /, 'image-replicator: ')) },
  );

program.commandsGroup('Jobs:');
addCopyCommand(program);
addWatchCommand(program);
addListCommand(program);
addJobCommands(program);
addPauseCommands(program);
addLimitCommand(program);
program.commandsGroup('Images and file shares:');
addImagesCommand(program);
addTasksCommand(program);
addSweepCommand(program);
program.commandsGroup('Processes:');
addServeCommand(program);
addWorkerCommand(program);
addCodecCommand(program);
addHealthCommand(program);
program.commandsGroup('Configuration and help:');
addCheckCommand(program);
addConfigCommand(program);
addCompletionCommand(program);
program.helpCommand('help [command]', 'print the help of a command');

addExamples(
  program,
  'images add ubuntu.qcow2 --region ot1',
  'copy <image-id> --from ot1 --to ot2',
  'list --status error',
);
program.addHelpText(
  'after',
  `
Temporal's own settings name its server: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
TEMPORAL_PROFILE and others.

Exit codes:
  0    done; a job that was watched is replicated
  1    the job failed, or an unexpected error
  2    wrong usage or configuration
  3    the job was canceled
  4    no such job, task or image
  5    the state of the job or image does not allow it
  6    a store, Temporal or the Keystone cannot be reached; check has failed
  130  Ctrl-C ended the watching of a job`,
);

try {
  await program.parseAsync();
} catch (error) {
  const report = reportOf(error);
  // Without `--json`, Commander has already printed its own errors.
  if (report !== null && (json || !(error instanceof CommanderError))) printError(report, { json });
  process.exitCode = exitCodeOf(error);
}
