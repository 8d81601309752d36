import type { EncryptionConfig } from './config.ts';
import type { ConfigFile } from './schema.ts';
import { resolvedReference } from './secret.ts';

/** Returns the problems of the section `encryption` that its schema does not find. */
export function encryptionProblems({ encryption }: ConfigFile): string[] {
  if (encryption === undefined || Object.hasOwn(encryption.keys, encryption.key)) return [];
  const known = Object.keys(encryption.keys).join(', ');
  return [`encryption.key: there is no key '${encryption.key}'; use one of: ${known}`];
}

/** Returns the section `encryption` with the paths of its key files resolved. */
export function encryptionConfig(
  { key, keys }: NonNullable<ConfigFile['encryption']>,
  baseDirectory: string,
): EncryptionConfig {
  const references = Object.entries(keys).map(
    ([id, reference]) => [id, resolvedReference(reference, baseDirectory)] as const,
  );
  return { current: key, keys: new Map(references) };
}
