import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { parse } from 'yaml';
import { type Identity, IdentityUnavailable } from './port.ts';

const Entry = Type.Object(
  {
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    tenant_id: Type.String({ minLength: 1, maxLength: 255 }),
    /** Other tenants that its owner may copy into. */
    destination_tenants: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 255 }))),
  },
  { additionalProperties: false },
);
const TokenFile = Type.Object({ tokens: Type.Array(Entry) }, { additionalProperties: false });

type Entries = ReadonlyMap<string, Static<typeof Entry>>;

/**
 * A YAML file of tokens, each as its SHA-256, so that the file gives none away. A change of the file counts
 * from the next request on.
 */
export function tokenFile(path: string): Identity {
  let loaded: { readonly version: string; readonly entries: Entries } | undefined;
  const entries = async (): Promise<Entries> => {
    try {
      const { mtimeMs, size, ino } = await stat(path);
      const version = `${ino}-${size}-${mtimeMs}`;
      if (loaded?.version !== version)
        loaded = { version, entries: parseEntries(await readFile(path, 'utf8')) };
      return loaded.entries;
    } catch (cause) {
      throw new IdentityUnavailable(`the token file ${path} cannot be used: ${(cause as Error).message}`, {
        cause,
      });
    }
  };
  const find = async (token: string) =>
    (await entries()).get(createHash('sha256').update(token).digest('hex'));
  return {
    async authenticate(token) {
      const entry = await find(token);
      return entry === undefined ? null : { tenant_id: entry.tenant_id, may_copy: true };
    },
    async mayCopyInto(token, tenantId) {
      const entry = await find(token);
      return entry?.tenant_id === tenantId || (entry?.destination_tenants?.includes(tenantId) ?? false);
    },
    async check() {
      await entries();
    },
  };
}

function parseEntries(text: string): Entries {
  const file: unknown = parse(text);
  const [fault] = Value.Errors(TokenFile, file);
  if (fault !== undefined) {
    throw new Error(`${fault.instancePath.slice(1).replaceAll('/', '.') || 'the file'} ${fault.message}`);
  }
  return new Map((file as Static<typeof TokenFile>).tokens.map((entry) => [entry.sha256, entry]));
}
