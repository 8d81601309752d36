import { readFile, stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { IdentityUnavailable } from './port.ts';

/** The bits of a file's mode that let others than its owner write to the file. */
const GROUP_OR_OTHERS_MAY_WRITE = 0o022;

/**
 * Reads a YAML file that lists who is granted access. A change to the file takes effect with the
 * next call of the returned function.
 * @param entriesOf returns the entries of the file's contents, given also the file's mode; MUST throw if the
 * contents are wrong, with a message that contains no secret
 * @returns a function that returns the entries, and throws IdentityUnavailable if the file cannot be used
 */
export function trustedFile<Entries>(
  path: string,
  entriesOf: (contents: unknown, mode: number) => Entries,
): () => Promise<Entries> {
  let loaded: { readonly version: string; readonly entries: Entries } | undefined;
  return async () => {
    try {
      const { mtimeMs, size, ino, mode } = await stat(path);
      const version = `${ino}-${size}-${mtimeMs}-${mode}`;
      if (loaded?.version !== version) {
        assertOnlyOwnerMayWrite(mode);
        loaded = { version, entries: entriesOf(yamlOf(await readFile(path, 'utf8')), mode) };
      }
      return loaded.entries;
    } catch (cause) {
      throw new IdentityUnavailable(`the token file ${path} cannot be used: ${(cause as Error).message}`, {
        cause,
      });
    }
  };
}

function assertOnlyOwnerMayWrite(mode: number): void {
  if ((mode & GROUP_OR_OTHERS_MAY_WRITE) === 0) return;
  throw new Error(
    'only its owner may be allowed to write it, because every token in it is trusted: run chmod go-w on it',
  );
}

function yamlOf(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch (error) {
    // The parser's message is not used, because it may quote the line, which may contain a secret.
    throw new Error(`is not valid YAML (${(error as { code?: unknown }).code})`);
  }
}
