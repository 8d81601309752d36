import Type from 'typebox';
import { parseBody, unreadable } from './body.ts';
import type { Catalog } from './catalog.ts';

/** Keystone's facts about a token. Times are in milliseconds since the epoch. */
export interface TokenFacts {
  /** By Keystone's clock. */
  readonly expiresAt: number;
  readonly lifetime: number;
  readonly projectId: string | null;
  /** The names of the roles. */
  readonly roles: readonly string[];
  /** The token has only a part of its user's rights, and cannot be rescoped. */
  readonly delegated: boolean;
  /** The token is meant for some calls only, which whoever accepts it would have to enforce. */
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
 * @throws OpenStackError `unreachable` if it is something else
 */
export function parseToken(text: string): TokenFacts {
  const { token } = parseBody(TokenBody, text);
  const expiresAt = Date.parse(token.expires_at);
  const lifetime = expiresAt - Date.parse(token.issued_at);
  if (!Number.isFinite(lifetime)) throw unreadable();
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
      endpoints: endpoints.map(({ interface: face, region_id, url }) => ({
        interface: face,
        region_id,
        url,
      })),
    })),
  };
}
