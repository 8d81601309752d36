import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { CloudKeys } from './cloud-keys.ts';
import { CloudConfigError } from './errors.ts';

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Reads one cloud from clouds.yaml, and adds the keys that secure.yaml beside it has for that cloud.
 * @throws CloudConfigError
 * @see https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html
 */
export async function readCloudsYaml(name: string, env: NodeJS.ProcessEnv): Promise<CloudKeys> {
  const named = env.OS_CLIENT_CONFIG_FILE;
  const candidates = named ? [named] : foldersOf(env).flatMap((folder) => inFolder(folder, 'clouds'));
  const file = await firstFile(candidates);
  if (file === undefined) {
    throw new CloudConfigError(
      `cloud '${name}' cannot be looked up: none of these files is there: ${candidates.join(', ')}`,
    );
  }
  const secret = env.OS_CLIENT_SECURE_FILE;
  const secure = await firstFile(secret ? [secret] : inFolder(dirname(file.path), 'secure'));
  const clouds = cloudsOf(file);
  if (!Object.hasOwn(clouds, name)) {
    const known = Object.keys(clouds).join(', ') || 'none';
    throw new CloudConfigError(`${file.path}: clouds.${name}: is missing; the file has: ${known}`);
  }
  const plain = sectionOf(file.path, clouds, name);
  const added = secure && sectionOf(secure.path, cloudsOf(secure), name);
  const auth = { ...plain.auth, ...added?.auth };
  return {
    source: file.path,
    nameOf(key) {
      const isOutsideAuth = key in plain.rest && !(key in auth);
      return isOutsideAuth ? `clouds.${name}.${key}` : `clouds.${name}.auth.${key}`;
    },
    values: { ...plain.rest, ...added?.rest, ...auth },
  };
}

function foldersOf(env: NodeJS.ProcessEnv): string[] {
  const home = env.HOME || homedir();
  const dotConfig = join(home, '.config');
  const settings = new Set([env.XDG_CONFIG_HOME || dotConfig, dotConfig]);
  return ['.', ...[...settings].map((folder) => join(folder, 'openstack')), '/etc/openstack'];
}

function inFolder(folder: string, name: string): string[] {
  return ['yaml', 'yml'].map((suffix) => join(folder, `${name}.${suffix}`));
}

async function firstFile(paths: readonly string[]): Promise<{ path: string; value: unknown } | undefined> {
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw new CloudConfigError(`${path}: cannot be read (${error.code})`);
    });
    if (text !== undefined) return { path, value: parsed(path, text) };
  }
  return undefined;
}

function parsed(path: string, text: string): unknown {
  try {
    // openstacksdk reads YAML 1.1, in which `no` means false.
    return parse(text, { version: '1.1', prettyErrors: false, logLevel: 'error' });
  } catch (error) {
    // The parser's message may quote the line, and the line may hold a password.
    const code = (error as { code?: unknown }).code;
    const detail = typeof code === 'string' ? ` (${code})` : '';
    throw new CloudConfigError(`${path}: is not YAML${detail}`);
  }
}

function cloudsOf({ path, value }: { path: string; value: unknown }): Mapping {
  return asMapping(path, 'clouds', asMapping(path, 'the file', value).clouds);
}

/** Returns one cloud's section. Its keys get underscores for dashes, because clouds.yaml may have either. */
function sectionOf(path: string, clouds: Mapping, name: string): { auth: Mapping; rest: Mapping } {
  const key = `clouds.${name}`;
  const { auth, ...rest } = asMapping(path, key, Object.hasOwn(clouds, name) ? clouds[name] : {});
  return {
    auth: underscored(asMapping(path, `${key}.auth`, auth ?? {})),
    rest: underscored(rest),
  };
}

function asMapping(path: string, key: string, value: unknown): Mapping {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Mapping;
  throw new CloudConfigError(`${path}: ${key}: has to be keys with values`);
}

function underscored(section: Mapping): Mapping {
  return Object.fromEntries(Object.entries(section).map(([key, value]) => [key.replaceAll('-', '_'), value]));
}
