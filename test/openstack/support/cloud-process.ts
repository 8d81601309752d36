import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';

const SCRIPT = join(import.meta.dirname, '../regions.sh');
/** The folder of the programs. All clouds share them, and they stay installed. */
const VENV = join(import.meta.dirname, '../../../.openstack/venv');

/** A Keystone and two Glances for one test. */
export interface CloudProcess {
  /** The folder of its state: databases, image files, logs and `clouds.yaml`. */
  readonly folder: string;
  readonly authUrl: string;
  /** Returns the URL of a region's Glance. */
  imageUrl(region: 'ot1' | 'ot2'): string;
  /** The folder of the real clients' programs. */
  readonly programs: string;
  stopKeystone(): Promise<void>;
  startKeystone(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a cloud on free ports. `tokenTtl` is the lifetime of its tokens; seconds. */
export async function startCloud({ tokenTtl = 3600 } = {}): Promise<CloudProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-cloud-'));
  const [keystone, ot1, ot2] = [await freePort(), await freePort(), await freePort()];
  const env = {
    ...process.env,
    OPENSTACK_DIR: folder,
    OPENSTACK_VENV: VENV,
    KEYSTONE_PORT: String(keystone),
    OT1_PORT: String(ot1),
    OT2_PORT: String(ot2),
    TOKEN_TTL: String(tokenTtl),
  };
  const run = (command: string) => promisify(execFile)(SCRIPT, [command], { env });
  const stop = async () => {
    await run('down');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await run('up');
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    authUrl: `http://127.0.0.1:${keystone}/v3`,
    imageUrl: (region) => `http://127.0.0.1:${region === 'ot1' ? ot1 : ot2}`,
    programs: join(VENV, 'bin'),
    async stopKeystone() {
      const pid = Number(await readFile(join(folder, 'run/keystone.pid'), 'utf8'));
      process.kill(pid, 'SIGTERM');
      await until(() => !isRunning(pid));
    },
    async startKeystone() {
      await run('up');
    },
    stop,
  };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
