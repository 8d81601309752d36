import { readFile, stat } from 'node:fs/promises';
import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import { parse } from 'yaml';
import { errorText, schemaProblems } from '../text/index.ts';
import { IdentityUnavailable } from './port.ts';

/** The bits of a file's mode that let others than its owner write to the file. */
const GROUP_OR_OTHERS_MAY_WRITE = 0o022;

/**
 * Reads a YAML file that lists the tokens and keys that give access. A change to the file takes effect with
 * the next call of the returned function.
 * @param entriesOf returns the entries of a file with these contents and this mode. It MAY refuse the file by
 * an error, whose message MUST NOT contain a secret.
 * @returns a function that returns the entries, and throws IdentityUnavailable if the file cannot be used
 */
export function trustedFile<Schema extends TSchema, Entries>(
  path: string,
  schema: Schema,
  entriesOf: (contents: Static<Schema>, mode: number) => Entries,
): () => Promise<Entries> {
  let loaded: { readonly version: string; readonly entries: Entries } | undefined;
  return async () => {
    try {
      const { mtimeMs, size, ino, mode } = await stat(path);
      const version = `${ino}-${size}-${mtimeMs}-${mode}`;
      if (loaded?.version !== version) {
        assertOnlyOwnerMayWrite(mode);
        const contents = yamlOf(await readFile(path, 'utf8'));
        assertMatches(schema, contents);
        loaded = { version, entries: entriesOf(contents, mode) };
      }
      return loaded.entries;
    } catch (cause) {
      throw new IdentityUnavailable(`the token file ${path} cannot be used: ${errorText(cause)}`, {
        cause,
      });
    }
  };
}

function assertOnlyOwnerMayWrite(mode: number): void {
  if ((mode & GROUP_OR_OTHERS_MAY_WRITE) === 0) return;
  throw new Error(
    'others than its owner may write it, and every token in it is trusted: run chmod go-w on it',
  );
}

function assertMatches<Schema extends TSchema>(
  schema: Schema,
  contents: unknown,
): asserts contents is Static<Schema> {
  const [first] = schemaProblems(schema, contents, Value.Errors(schema, contents), { secret: true });
  if (first !== undefined) throw new Error(`${first.path || 'the file'}: ${first.problem}`);
}

function yamlOf(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch (error) {
    // The parser's own message may quote a line with a secret.
    throw new Error(`it is not valid YAML (${(error as { code?: unknown }).code})`);
  }
}
