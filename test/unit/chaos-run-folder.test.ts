import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';

/**
 * A program that opens a run's folder and starts a process that outlives the program, in a session of its
 * own.
 */
const RUN = `
  import { spawn } from 'node:child_process';
  import { openRunFolder } from '${join(import.meta.dirname, '../chaos/run-folder.ts')}';
  const folder = await openRunFolder();
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  console.log(JSON.stringify({ path: folder.path, pid: child.pid }));
  process.once('SIGTERM', () => void folder.close().then(() => process.exit()));
  setInterval(() => {}, 1000);
`;

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a run that ends by %s leaves neither a process nor a file',
  async (signal) => {
    const run = spawn(process.execPath, ['--input-type=module', '-e', RUN], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(run.stdout), 'line');
    const { path, pid } = JSON.parse(line) as { path: string; pid: number };
    expect(isRunning(pid)).toBe(true);
    const closed = once(run, 'exit');
    run.kill(signal);
    await closed;
    await until(() => !isRunning(pid) && !existsSync(path));
  },
);

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
