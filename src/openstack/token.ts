import Type from 'typebox';
import { parseBody, unreadableError } from './body.ts';
import type { Catalog } from './catalog.ts';

/** The facts that Keystone gives about a token. */
export interface TokenFacts {
  /** Milliseconds since the epoch, by Keystone's clock. */
  readonly expiresAt: number;
  /** Milliseconds from the token's issue to its expiry. */
  readonly lifetime: number;
  readonly projectId: string | null;
  /** The names of the roles. */
  readonly roles: readonly string[];
  /** `true` if the token has only a part of its user's rights. Such a token cannot be rescoped. */
  readonly delegated: boolean;
  /** `true` if the token is valid for some calls only. Whoever accepts it has to enforce that. */
  readonly hasAccessRules: boolean;
  readonly catalog: Catalog;
}

/** A token that Keystone has given us. It MUST NOT be logged. */
export interface IssuedToken extends TokenFacts {
  readonly token: string;
}

const Named = Type.Object({ name: Type.String() });
const TokenBody = Type.Object({
  token: Type.Object({
    methods: Type.Array(Type.String()),
    issued_at: Type.String(),
    expires_at: Type.String(),
    project: Type.Optional(Type.Object({ id: Type.String() })),
    roles: Type.Optional(Type.Array(Named)),
    catalog: Type.Optional(
      Type.Array(
        Type.Object({
          type: Type.String(),
          endpoints: Type.Array(
            Type.Object({
              interface: Type.String(),
              region_id: Type.Union([Type.String(), Type.Null()]),
              url: Type.String(),
            }),
          ),
        }),
      ),
    ),
    application_credential: Type.Optional(Type.Object({ access_rules: Type.Optional(Type.Unknown()) })),
    'OS-TRUST:trust': Type.Optional(Type.Unknown()),
    'OS-OAUTH1': Type.Optional(Type.Unknown()),
  }),
});

const DELEGATING = new Set(['application_credential', 'ec2credential', 'oauth1']);

/**
 * Parses the body of "Validate and show information for token" (Identity API v3).
 * @throws OpenStackError `unreachable` if the text is anything else
 */
export function parseToken(text: string): TokenFacts {
  const { token } = parseBody(TokenBody, text);
  const expiresAt = Date.parse(token.expires_at);
  const lifetime = expiresAt - Date.parse(token.issued_at);
  if (!Number.isFinite(lifetime)) throw unreadableError();
  return {
    expiresAt,
    lifetime,
    projectId: token.project?.id ?? null,
    roles: token.roles?.map(({ name }) => name) ?? [],
    delegated:
      token.methods.some((method) => DELEGATING.has(method)) ||
      'OS-TRUST:trust' in token ||
      'OS-OAUTH1' in token,
    hasAccessRules: token.application_credential?.access_rules !== undefined,
    catalog: (token.catalog ?? []).map(({ type, endpoints }) => ({
      type,
      endpoints: endpoints.map(({ interface: kind, region_id, url }) => ({
        interface: kind,
        region_id,
        url,
      })),
    })),
  };
}
