/**
 * This program outlives a run, however the run ends. Its argument is the folder of the run. When its stdin
 * ends, it kills every process that has this folder as its `TMPDIR`, and removes the folder.
 */
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [folder = ''] = process.argv.slice(2);
// The end of the run may also break the pipe.
process.stdin.on('error', () => {});
await once(process.stdin.resume(), 'close');
for (let left = started(); left.length > 0; left = started()) {
  for (const pid of left) kill(pid);
  await sleep(50);
}
rmSync(folder, { recursive: true, force: true, maxRetries: 10 });

function started(): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(pid).includes(`TMPDIR=${folder}`)).map(Number);
}

/** Returns the environment of a process, or nothing if the process has ended or belongs to somebody else. */
function environmentOf(pid: string): string[] {
  try {
    return readFileSync(join('/proc', pid, 'environ'), 'utf8').split('\0');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has just ended.
  }
}
