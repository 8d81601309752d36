import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const WARDEN = join(import.meta.dirname, 'warden.ts');

/** The folder for all temporary files of a run. */
export interface RunFolder {
  readonly path: string;
  /**
   * Kills every process that this process has started, directly or not, since the folder was made. Removes
   * the folder.
   */
  close(): Promise<void>;
}

/**
 * Makes the folder. This process and all processes that it starts put their temporary files there. When this
 * process ends, even by SIGKILL, everything is cleaned up as by `close`.
 */
export async function openRunFolder(): Promise<RunFolder> {
  const path = await mkdtemp(join(tmpdir(), 'image-replicator-chaos-'));
  // The warden has a process group of its own, so that Ctrl-C does not reach it.
  const warden = spawn(process.execPath, [WARDEN, path], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const gone = once(warden, 'exit');
  process.env.TMPDIR = path;
  return {
    path,
    async close() {
      warden.stdin.end();
      await gone;
    },
  };
}
