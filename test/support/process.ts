import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface TestProcess {
  readonly pid: number;
  readonly exitCode: number | null;
  /** Returns everything that the process has written to stdout and stderr so far. */
  output(): string;
  /** Returns the log lines of the process so far that have this message. */
  logged(message: string): readonly Record<string, unknown>[];
  /** Sends a signal, and waits for the end of the process. Returns its exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
  /** Waits for the end of the process. Returns its exit code. */
  ended(): Promise<number | null>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a process. If it still runs at the end of this process, it is killed. */
export function spawnProcess(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): TestProcess {
  const child: ChildProcess = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  running.add(child);
  child.once('exit', () => running.delete(child));
  const closed = once(child, 'close');
  return {
    pid: child.pid ?? 0,
    get exitCode() {
      return child.exitCode;
    },
    output: () => output,
    logged: (message) =>
      output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .flatMap((line) => {
          try {
            return [JSON.parse(line) as Record<string, unknown>];
          } catch {
            return [];
          }
        })
        .filter((line) => line.msg === message),
    async stop(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await closed;
      return child.exitCode;
    },
    async ended() {
      await closed;
      return child.exitCode;
    },
  };
}
