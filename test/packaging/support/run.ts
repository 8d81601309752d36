import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The clone under test. */
const ROOT = join(import.meta.dirname, '../../..');

/**
 * Runs a program to its end, by default in the clone. Returns what it prints.
 *
 * @throws Error with everything that the program has printed
 */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { cwd = ROOT, env = {} } = options;
  try {
    const settings = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(program, args, settings);
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${program}: ${stderr}${stdout}`.trim() || message, { cause: error });
  }
}
