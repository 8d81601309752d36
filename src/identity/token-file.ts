import Type, { type Static } from 'typebox';
import type { Identity, Principal } from './port.ts';
import { Sha256, sha256Of } from './sha256.ts';
import { trustedFile } from './trusted-file.ts';

const Tenant = Type.String({ minLength: 1, maxLength: 255 });
const tenant = {
  tenant_id: Tenant,
  /** Other tenants into which the token's owner may copy. */
  destination_tenants: Type.Optional(Type.Array(Tenant)),
};
const closed = { additionalProperties: false } as const;
const Token = Type.Object({ sha256: Sha256, ...tenant }, closed);
const AccessKey = Type.Object(
  {
    access: Type.String({
      pattern: '^[A-Za-z0-9._-]{1,255}$',
      patternErrorMessage: 'a text of 1 to 255 letters, digits, dots, hyphens and underscores',
    }),
    secret: Type.String({ minLength: 16, maxLength: 255 }),
    ...tenant,
  },
  closed,
);
const TokenFile = Type.Object(
  { tokens: Type.Optional(Type.Array(Token)), access_keys: Type.Optional(Type.Array(AccessKey)) },
  { ...closed, minProperties: 1 },
);

/** The bit of a file's mode that lets everybody read the file. */
const OTHERS_MAY_READ = 0o004;

interface Entries {
  readonly tokens: ReadonlyMap<string, Static<typeof Token>>;
  readonly accessKeys: ReadonlyMap<string, Static<typeof AccessKey>>;
}

/**
 * Returns the identity of a YAML file of tokens and access keys. The file has the SHA-256 of each token, and
 * the secret of each access key in clear text. A change to the file takes effect with the next request.
 */
export function tokenFile(path: string): Identity {
  const entries = trustedFile(path, TokenFile, entriesOf);
  return {
    async authenticate(token) {
      const entry = (await entries()).tokens.get(sha256Of(token));
      return entry === undefined ? null : principalOf(entry);
    },
    async accessKey(access) {
      const entry = (await entries()).accessKeys.get(access);
      return entry === undefined ? null : { secret: entry.secret, signIn: async () => principalOf(entry) };
    },
    async check() {
      await entries();
    },
  };
}

function principalOf({
  tenant_id,
  destination_tenants = [],
}: Static<typeof Token> | Static<typeof AccessKey>): Principal {
  return {
    tenant_id,
    may_copy: true,
    mayCopyInto: async (tenantId) => tenantId === tenant_id || destination_tenants.includes(tenantId),
  };
}

function entriesOf({ tokens = [], access_keys = [] }: Static<typeof TokenFile>, mode: number): Entries {
  if (access_keys.length > 0 && (mode & OTHERS_MAY_READ) !== 0) {
    throw new Error('access_keys holds secrets, and everybody may read the file: run chmod o-r on it');
  }
  return {
    tokens: new Map(tokens.map((entry) => [entry.sha256, entry])),
    accessKeys: new Map(access_keys.map((entry) => [entry.access, entry])),
  };
}
