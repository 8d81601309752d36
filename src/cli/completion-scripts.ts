/** The words that a shell can offer after one of the commands. */
export interface Completion {
  /** The command's words, such as `images add`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly Described[];
  readonly options: readonly (Described & {
    /** The option's flags, such as `--output` and `-o`. */
    readonly flags: readonly string[];
    readonly takesValue: boolean;
    readonly choices: readonly string[];
  })[];
  /** The values that the command's argument may have. */
  readonly choices: readonly string[];
}

interface Described {
  readonly name: string;
  readonly summary: string;
}

const NAME = 'image-replicator';

/** Returns a completion script for bash. If the script has no words to offer, bash completes file names. */
export function bashScript(completions: readonly Completion[]): string {
  return `# ${NAME}, for bash: eval "$(${NAME} completion bash)"
_image_replicator() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path\${path:+ }\${COMP_WORDS[i]}" in
      ${commandPaths(completions).map(quoted).join('|')}) path="$path\${path:+ }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $prev" in
${completions.flatMap(bashValues).join('\n')}
  esac
  case "$path" in
${completions.map((one) => `    ${quoted(one.path)}) words=${quoted(wordsOf(one).join(' '))} ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _image_replicator ${NAME}
`;
}

/** Returns a completion script for zsh, which runs the script for bash. */
export function zshScript(completions: readonly Completion[]): string {
  return `# ${NAME}, for zsh: eval "$(${NAME} completion zsh)"
autoload -U +X compinit && compinit -u
autoload -U +X bashcompinit && bashcompinit
${bashScript(completions).split('\n').slice(1).join('\n')}`;
}

/** Returns a completion script for fish. */
export function fishScript(completions: readonly Completion[]): string {
  return `# ${NAME}, for fish: save it as ~/.config/fish/completions/${NAME}.fish
function __image_replicator_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l longer (string trim "$path $word")
    contains -- "$longer" ${commandPaths(completions).map(quoted).join(' ')}; and set path "$longer"
  end
  test "$path" = "$argv[1]"
end
${completions.flatMap(fishLines).join('\n')}
`;
}

function commandPaths(completions: readonly Completion[]): string[] {
  return completions.map(({ path }) => path).filter((path) => path !== '');
}

function wordsOf({ commands, options, choices }: Completion): string[] {
  return [...commands.map(({ name }) => name), ...choices, ...options.flatMap(({ flags }) => flags)];
}

/** Returns the cases of the bash script that offer the choices of an option's value. */
function bashValues({ path, options }: Completion): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices }) => {
      const reply =
        choices.length === 0 ? '' : `COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$cur")); `;
      return `    ${flags.map((flag) => quoted(`${path} ${flag}`)).join('|')}) ${reply}return ;;`;
    });
}

function fishLines({ path, commands, options, choices }: Completion): string[] {
  const start = `complete -c ${NAME} -n ${quoted(`__image_replicator_at ${quoted(path)}`)}`;
  return [
    ...commands.map(({ name, summary }) => `${start} -f -a ${quoted(name)} -d ${quoted(summary)}`),
    ...choices.map((choice) => `${start} -f -a ${quoted(choice)}`),
    ...options.map(({ flags, takesValue, choices: values, summary }) => {
      const names = flags.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      return [start, ...names, ...fishValue(takesValue, values), `-d ${quoted(summary)}`].join(' ');
    }),
  ];
}

/** Returns fish's flags for the value of an option: one of the choices, any value, or none. */
function fishValue(takesValue: boolean, choices: readonly string[]): string[] {
  if (choices.length > 0) return ['-x', '-a', quoted(choices.join(' '))];
  return takesValue ? ['-r'] : [];
}

/** Quotes a text for bash, zsh and fish. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
