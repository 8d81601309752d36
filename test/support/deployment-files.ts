import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** Limits with which a dead worker is noticed soon. */
const QUICK = { heartbeat_timeout: '2s', heartbeat_interval: '250ms' };

/**
 * Writes a file of tokens into a folder. Returns the tokens and the access key. The tokens are:
 * - one for `tenant-a`, who may also copy into `tenant-b`, and has the access key;
 * - one for `tenant-b`.
 */
export async function writeTokens(folder: string) {
  const secret = () => randomBytes(16).toString('hex');
  const tokens = { a: secret(), b: secret() };
  const key = { access: secret(), secret: secret() };
  const file = {
    tokens: [
      { sha256: sha256(tokens.a), tenant_id: 'tenant-a', destination_tenants: ['tenant-b'] },
      { sha256: sha256(tokens.b), tenant_id: 'tenant-b' },
    ],
    access_keys: [{ ...key, tenant_id: 'tenant-a' }],
  };
  await writeFile(join(folder, 'tokens.yaml'), stringify(file), { mode: 0o600 });
  return { tokens, key };
}

export interface ConfigOptions {
  /** The names of the regions, which are all directories. */
  readonly names: readonly string[];
  readonly port: number;
  readonly api?: Record<string, unknown>;
  readonly limits?: Record<string, unknown>;
  /** Top-level keys of the configuration file that replace the usual ones. */
  readonly config?: Record<string, unknown>;
}

/** Makes the folders of the regions and writes the configuration file. Returns its path. */
export async function writeConfig(folder: string, options: ConfigOptions): Promise<string> {
  const { names, port } = options;
  for (const name of names) await mkdir(join(folder, name));
  const config = {
    regions: Object.fromEntries(names.map((name) => [name, { store: { driver: 'directory', path: name } }])),
    api: { port, default_source_region: names[0], ...options.api },
    identity: { driver: 'token-file', path: 'tokens.yaml' },
    limits: { ...QUICK, ...options.limits },
    web_ui: 'http://127.0.0.1:8233',
    ...options.config,
  };
  const path = join(folder, 'config.yaml');
  await writeFile(path, stringify(config));
  return path;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
