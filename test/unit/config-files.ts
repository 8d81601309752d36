import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/index.ts';

/** The beginning of a configuration, with two good regions. */
export const REGIONS = `
regions:
  ot1: { store: { driver: directory, path: images/ot1 } }
  ot2: { store: { driver: directory, path: images/ot2 }, task_queue: my-queue }
`;

/** A configuration with three regions, of which a share uses two. */
export const SHARED = `${REGIONS}
  ot3: { store: { driver: directory, path: other } }
shares: { my-share: { region: ot1, targets: { training: ot2 }, tenants: [] } }
`;

/** Configuration files in a folder that each test has for itself. */
export interface ConfigFiles {
  readonly folder: string;
  /** Writes a configuration, and returns its path. */
  written(text: string): Promise<string>;
  /** Returns the problems of a configuration. */
  problems(text: string): Promise<readonly string[]>;
}

/** Makes a folder before each test of the file that calls this, and removes it afterwards. */
export function configFiles(): ConfigFiles {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-replicator-config-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const written = async (text: string): Promise<string> => {
    const file = join(folder, 'config.yaml');
    await writeFile(file, text);
    return file;
  };
  return {
    get folder() {
      return folder;
    },
    written,
    async problems(text) {
      const error: unknown = await loadConfig(await written(text)).catch((refusal) => refusal);
      if (error instanceof ConfigError) return error.problems;
      throw error instanceof Error ? error : new Error('the configuration was accepted');
    },
  };
}
