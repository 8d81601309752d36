import type { Command } from 'commander';
import { configSchema } from '../config/index.ts';

/** Adds the command `config schema`. */
export function addConfigCommand(program: Command): void {
  program
    .command('config')
    .summary('print the schema of the configuration file')
    .command('schema')
    .summary('print the JSON Schema of the configuration file')
    .action(async () => {
      process.stdout.write(`${JSON.stringify(await configSchema(), null, 2)}\n`);
    });
}
