import { CloudConfigError } from './errors.ts';

/**
 * The keys of a cloud as they were written, under clouds.yaml's names; those of `auth` stand beside the rest.
 */
export interface CloudKeys {
  /** The file, or the environment, in which they were written. */
  readonly source: string;
  /** Returns the name that a key has there. */
  nameOf(key: string): string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Reads the OS_* variables of a process, under clouds.yaml's names. */
export function readVariables(env: NodeJS.ProcessEnv): CloudKeys {
  const values = Object.entries(env)
    .filter(([name]) => name.startsWith('OS_'))
    .map(([name, value]) => [name.slice('OS_'.length).toLowerCase(), value]);
  return {
    source: 'the environment',
    nameOf: (key) => `OS_${key.toUpperCase()}`,
    values: Object.fromEntries(values),
  };
}

/** Returns the text of the first of some keys that has one. */
export function textOf(keys: CloudKeys, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = Object.hasOwn(keys.values, name) ? keys.values[name] : undefined;
    if (typeof value === 'string' && value !== '') return value;
    if (value !== undefined && value !== null && value !== '') {
      throw problem(keys, name, 'is not a text: put it in quotes');
    }
  }
  return null;
}

/** Returns the text of the first of some keys that has one; throws if none has. */
export function needed(keys: CloudKeys, ...names: readonly [string, ...string[]]): string {
  const text = textOf(keys, ...names);
  if (text === null) throw problem(keys, names[0], 'is missing');
  return text;
}

/** Reads a switch, in any of the ways in which clouds.yaml and the variables write it. */
export function flagOf(keys: CloudKeys, name: string): boolean | null {
  const value = Object.hasOwn(keys.values, name) ? keys.values[name] : undefined;
  if (value === undefined || value === null || value === '') return null;
  if (/^(true|yes|on|1)$/i.test(String(value))) return true;
  if (/^(false|no|off|0)$/i.test(String(value))) return false;
  throw problem(keys, name, 'is neither true nor false');
}

export function problem(keys: CloudKeys, name: string, what: string): CloudConfigError {
  return new CloudConfigError(`${keys.source}: ${keys.nameOf(name)}: ${what}`);
}
