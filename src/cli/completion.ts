import { Argument, type Command, type Option } from 'commander';
import { bashScript, type Completion, fishScript, zshScript } from './completion-scripts.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

const INSTALLATION = `
To complete the command in each new shell:
  bash  echo 'eval "$(image-replicator completion bash)"' >>~/.bashrc
  zsh   echo 'eval "$(image-replicator completion zsh)"' >>~/.zshrc
  fish  image-replicator completion fish \\
          >~/.config/fish/completions/image-replicator.fish`;

/** Adds the command `completion`. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .summary('print a script by which a shell completes this command')
    .addHelpText('after', INSTALLATION)
    .action((shell: keyof typeof SCRIPTS) => {
      process.stdout.write(SCRIPTS[shell](everyCommand(program).map(completionOf)));
    });
}

/** Returns a command and all commands below it. */
function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

function completionOf(command: Command): Completion {
  const help = command.createHelp();
  return {
    path: pathOf(command),
    commands: command.commands.map((child) => ({ name: child.name(), summary: child.summary() })),
    options: [...help.visibleOptions(command), ...globalOptions(command)].map((option) => ({
      name: option.attributeName(),
      summary: option.description,
      flags: [option.long, option.short].filter((flag) => flag !== undefined && flag !== null),
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
}

/** Returns the options that a command inherits from the commands above it. Leaves out `--version`. */
function globalOptions({ parent }: Command): readonly Option[] {
  if (parent === null) return [];
  const options = parent.options.filter(({ long }) => long !== '--version');
  return [...options, ...globalOptions(parent)];
}

function pathOf(command: Command): string {
  if (command.parent === null) return '';
  return `${pathOf(command.parent)} ${command.name()}`.trim();
}
