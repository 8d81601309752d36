import { CloudConfigError } from './errors.ts';

/**
 * The configured keys of a cloud with their values, by clouds.yaml's names. Keys of the section `auth` stand
 * beside the others.
 */
export interface CloudKeys {
  /** The file that has the keys, or "the environment"; for messages. */
  readonly source: string;
  /** Returns a key's full name in that file or environment, for messages. */
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

/** Returns the text of the first of these keys that has one, or `null`. */
export function textOf(keys: CloudKeys, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = given(keys, name);
    if (typeof value === 'string') return value;
    if (value !== null) throw problem(keys, name, 'is not a text: put it in quotes');
  }
  return null;
}

/** Returns the text of the first of these keys that has one; throws if none has. */
export function neededText(keys: CloudKeys, ...names: readonly [string, ...string[]]): string {
  const text = textOf(keys, ...names);
  if (text === null) throw problem(keys, names[0], 'is missing');
  return text;
}

/**
 * Reads a boolean in any of the spellings that clouds.yaml and the variables allow; `null` if it is absent.
 */
export function flagOf(keys: CloudKeys, name: string): boolean | null {
  const value = given(keys, name);
  if (value === null) return null;
  if (/^(true|yes|on|1)$/i.test(String(value))) return true;
  if (/^(false|no|off|0)$/i.test(String(value))) return false;
  throw problem(keys, name, 'is neither true nor false');
}

/** Returns the value of a key; `null` if it is absent or empty. */
function given({ values }: CloudKeys, name: string): unknown {
  const value = Object.hasOwn(values, name) ? values[name] : null;
  return value === undefined || value === '' ? null : value;
}

/** Returns the error for the value of a key. */
export function problem(keys: CloudKeys, name: string, what: string): CloudConfigError {
  return new CloudConfigError(`${keys.source}: ${keys.nameOf(name)}: ${what}`);
}
