import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives this process and its children a folder of their own for temporary files, which is removed at the end.
 * On a signal, the process calls `process.exit`, so that the listeners for the exit run.
 */
export function leaveNothing(): void {
  const folder = mkdtempSync(join(tmpdir(), 'image-replicator-bench-'));
  process.env.TMPDIR = folder;
  process.once('exit', () =>
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}
