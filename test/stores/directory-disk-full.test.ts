import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SMALL_DISK = 16 * 1024 * 1024;
const PROGRAM = join(import.meta.dirname, 'full-disk-process.ts');

/** Mounting a file system needs a user namespace, which not every machine allows. */
const namespaces = (() => {
  try {
    execFileSync('unshare', ['-Urm', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test('a full disk gives the right error, makes no image, and has its room again after a discard', async (context) => {
  context.skip(!namespaces, 'no user namespaces here, so no small disk can be mounted');
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-disk-'));
  try {
    const mount = `mount -t tmpfs -o size=${SMALL_DISK} tmpfs "$1" && shift && exec "$@"`;
    const command = ['bash', '-c', mount, 'bash', folder, process.execPath, PROGRAM, folder];
    const { stdout } = await promisify(execFile)('unshare', ['-Urm', ...command]);
    const { written, codes, ...rest } = JSON.parse(stdout);
    expect(written).toBeLessThanOrEqual(SMALL_DISK);
    expect(codes[0]).toBe('quota_exceeded');
    expect(codes.at(-1)).toBe('quota_exceeded');
    expect(rest).toEqual({ visible: 0, left: [], wholeAfterwards: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
