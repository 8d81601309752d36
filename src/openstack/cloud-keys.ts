import { CloudConfigError } from './errors.ts';

/** A cloud's keys as somebody has written them: clouds.yaml's names, its `auth` and the rest in one. */
export interface CloudKeys {
  /** Where they were written. */
  readonly source: string;
  /** What a key is called there. */
  nameOf(key: string): string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The OS_* variables of a process, under clouds.yaml's names. */
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

/** The first of some keys that has a text. */
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

/** The same, where one of them has to be there. */
export function needed(keys: CloudKeys, ...names: readonly [string, ...string[]]): string {
  const text = textOf(keys, ...names);
  if (text === null) throw problem(keys, names[0], 'is missing');
  return text;
}

/** A switch, in any of the ways in which clouds.yaml and the variables write it. */
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
