import type { Command, HelpConfiguration } from 'commander';

/** The settings of every command's `--help`. */
export const HELP: HelpConfiguration = {
  showGlobalOptions: true,
  commandDescription: (command) => command.description() || sentenceOf(command.summary()),
};

/** Adds examples to the end of a command's `--help`. They MUST NOT begin with the program's name. */
export function addExamples(command: Command, ...examples: readonly string[]): void {
  const lines = examples.map((example) => `  image-replicator ${example}`);
  command.addHelpText('after', ['', 'Examples:', ...lines].join('\n'));
}

function sentenceOf(summary: string): string {
  return summary && `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
