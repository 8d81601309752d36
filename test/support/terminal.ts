import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program that runs in a terminal. */
export interface Terminal {
  /** Returns everything that the program has written so far, with the codes that move the cursor. */
  output(): string;
  /** Sends keys to the program, such as Ctrl-C (`\x03`). */
  type(text: string): void;
  /** Waits for the end of the program, and returns its exit code. */
  ended(): Promise<number>;
}

/**
 * Starts a program in a terminal of this width, with script(1). The program gets no variable `CI`,
 * because in an unknown CI Node.js uses no colours.
 */
export function openTerminal(
  columns: number,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Terminal {
  const words = [program, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows 24; exec ${words}`, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', ...env, CI: undefined },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const closed = once(child, 'close');
  return {
    output: () => output,
    type: (text) => child.stdin.write(text),
    async ended() {
      await closed;
      process.off('exit', kill);
      return child.exitCode ?? -1;
    },
  };
}
