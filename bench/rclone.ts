import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { goProgram } from '../test/s3/support/go-program.ts';

const VERSION = 'v1.75.1';

/** Runs a shell script in which `rclone` knows the remotes `from:` and `to:`, two names of one S3 server. */
export type Rclone = (script: string, ...args: string[]) => Promise<void>;

export async function openRclone(
  endpoint: string,
  account: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Promise<Rclone> {
  const program = await goProgram('github.com/rclone/rclone', VERSION);
  const remote = (name: string) => ({
    [`RCLONE_CONFIG_${name}_TYPE`]: 's3',
    [`RCLONE_CONFIG_${name}_PROVIDER`]: 'Other',
    [`RCLONE_CONFIG_${name}_ENDPOINT`]: endpoint,
    [`RCLONE_CONFIG_${name}_ACCESS_KEY_ID`]: account.accessKeyId,
    [`RCLONE_CONFIG_${name}_SECRET_ACCESS_KEY`]: account.secretAccessKey,
  });
  // Between two remotes, rclone moves the bytes itself. Within one remote, the server would copy them.
  const env = { ...process.env, RCLONE_CONFIG: '/dev/null', ...remote('FROM'), ...remote('TO') };
  return async (script, ...args) => {
    const prologue = 'rclone() { "$0" "$@"; }';
    const bash = ['-euo', 'pipefail', '-c', `${prologue}; ${script}`, program, ...args];
    await promisify(execFile)('bash', bash, { env });
  };
}
