import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import Type from 'typebox';
import { closed, text } from './schema-parts.ts';

/** The fewest characters of the key that signs the markers of lists. */
export const MIN_MARKER_KEY = 32;

/** The place of a secret that is not in the configuration file: another file, or an environment variable. */
export type SecretReference = { readonly file: string } | { readonly env: string };

/** A secret that the configuration refers to cannot be used. The message begins with the key of the file. */
export class UnusableSecret extends Error {
  override readonly name = 'UnusableSecret';
}

/** Returns the schemas of the two kinds of references to a secret. */
export const secretReferences = (secret: string) =>
  [
    Type.Object({ file: text(`File that has ${secret}.`) }, closed),
    Type.Object({ env: text(`Variable of the environment that has ${secret}.`) }, closed),
  ] as const;

/** Returns a reference with the path of its file resolved. */
export function resolvedReference(reference: SecretReference, baseDirectory: string): SecretReference {
  return 'file' in reference ? { file: resolve(baseDirectory, reference.file) } : reference;
}

/**
 * Reads a secret. White space before and after it does not count.
 * @param key the key of the configuration that has the reference
 * @throws UnusableSecret if the file cannot be read, or if there is no such variable
 */
export async function readSecret(key: string, reference: SecretReference): Promise<string> {
  if ('file' in reference) {
    const read = readFile(reference.file, 'utf8').catch((cause) => {
      throw new UnusableSecret(`${key}: ${reference.file} cannot be read (${cause.code})`, { cause });
    });
    return (await read).trim();
  }
  const value = process.env[reference.env];
  if (value === undefined)
    throw new UnusableSecret(`${key}: the environment has no variable ${reference.env}`);
  return value.trim();
}

/**
 * Returns the key that signs the markers of lists; `null` if the configuration has none.
 * @param secret `api.secret` of the configuration
 * @throws UnusableSecret if the key cannot be read, or is too short
 */
export async function readMarkerKey(secret: string | SecretReference | null): Promise<string | null> {
  if (secret === null || typeof secret === 'string') return secret;
  const key = await readSecret('api.secret', secret);
  if (key.length >= MIN_MARKER_KEY) return key;
  const place = 'file' in secret ? secret.file : `the variable ${secret.env}`;
  throw new UnusableSecret(
    `api.secret: has to be a text of ${MIN_MARKER_KEY} characters or more; ${place} has ${key.length}`,
  );
}
