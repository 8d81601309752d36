import { Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { addCheckCommand } from './check.ts';
import { addConfigCommand } from './config.ts';
import { addCopyCommand } from './copy.ts';
import { exitCodeOf, messageOf } from './errors.ts';
import { addHealthCommand } from './health.ts';
import { addImagesCommand } from './images.ts';
import { addJobCommands } from './jobs.ts';
import { complain } from './print.ts';
import { addProcessCommands } from './processes.ts';
import { addSweepCommand } from './sweep.ts';

const program = new Command('image-replicator')
  .description('Copies machine images from region to region: each copy is a durable Temporal workflow.')
  .version(packageJson.version)
  .addOption(
    new Option('-c, --config <file>', 'configuration file')
      .env('IMAGE_REPLICATOR_CONFIG')
      .default('image-replicator.yaml'),
  )
  .option('--json', 'print JSON')
  .showHelpAfterError('(--help tells more)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Temporal is found as every Temporal tool finds it: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE, …

Exit codes: 0 done, or the job is replicated; 1 the job failed, or something unexpected; 2 wrong usage or
configuration; 3 the job was canceled; 4 no such job or image; 5 its state does not allow it; 6 a store or
Temporal cannot be reached.

Example:
  image-replicator images add ubuntu.qcow2 --region ot1
  image-replicator copy <image-id> --from ot1 --to ot2`,
  );
addCopyCommand(program);
addJobCommands(program);
addImagesCommand(program);
addSweepCommand(program);
addCheckCommand(program);
addConfigCommand(program);
addHealthCommand(program);
addProcessCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  const message = messageOf(error);
  if (message !== null) complain(message);
  process.exitCode = exitCodeOf(error);
}
