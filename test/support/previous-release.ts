import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * The commit of the previous release. Jobs under way may have been started with it, and an operator may go
 * back to it.
 */
const PREVIOUS_RELEASE = '98bf586b1e5981429f829131172568036ebae58c';

const ROOT = join(import.meta.dirname, '../..');

/** Returns the reason why the previous release is not available here, or `null` if it is available. */
export function noPreviousRelease(): string | null {
  try {
    execFileSync('git', ['cat-file', '-e', `${PREVIOUS_RELEASE}^{commit}`], { cwd: ROOT, stdio: 'ignore' });
    return null;
  } catch {
    return `git does not have the previous release here (${PREVIOUS_RELEASE.slice(0, 7)}): a shallow clone?`;
  }
}

/** The previous release in a folder of its own, with its own packages. */
export interface PreviousRelease {
  /** The path of its command. */
  readonly command: string;
  remove(): Promise<void>;
}

/**
 * Unpacks the previous release from the git history, and installs its packages. `remove` deletes the folder.
 */
export async function unpackPreviousRelease(): Promise<PreviousRelease> {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-previous-'));
  const archive = execFileSync('git', ['archive', PREVIOUS_RELEASE], { cwd: ROOT, maxBuffer: 256 * 2 ** 20 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  const install = ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  await promisify(execFile)('npm', install, { cwd: folder });
  return {
    command: join(folder, 'bin/image-replicator'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
