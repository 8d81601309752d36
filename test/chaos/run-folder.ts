import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const WARDEN = join(import.meta.dirname, 'warden.ts');

/** The folder below which everything temporary of a run is. */
export interface RunFolder {
  readonly path: string;
  /** Kills every process that this one has started since, and all that those have; removes the folder. */
  close(): Promise<void>;
}

/**
 * Makes one, and has this process and all that it starts put their temporary files there. When this process
 * ends, even by SIGKILL, the same happens as by `close`.
 */
export async function openRunFolder(): Promise<RunFolder> {
  const path = await mkdtemp(join(tmpdir(), 'image-replicator-chaos-'));
  // A group of its own: Ctrl-C is not for it.
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
