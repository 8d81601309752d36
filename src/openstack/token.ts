import Type from 'typebox';
import Value from 'typebox/value';
import type { Catalog } from './catalog.ts';
import { OpenStackError } from './errors.ts';

/** What Keystone tells of a token. Times are in milliseconds. */
export interface TokenFacts {
  /** Since the epoch, by Keystone's clock. */
  readonly expiresAt: number;
  readonly lifetime: number;
  readonly projectId: string | null;
  /** By name. */
  readonly roles: readonly string[];
  /** It stands for a part of its user's rights only, and cannot be rescoped. */
  readonly delegated: boolean;
  readonly catalog: Catalog;
}

/** A token that we were given. Never to be logged. */
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
    'OS-TRUST:trust': Type.Optional(Type.Unknown()),
    'OS-OAUTH1': Type.Optional(Type.Unknown()),
  }),
});

const DELEGATING = new Set(['application_credential', 'ec2credential', 'oauth1']);

/**
 * Reads the body of "Validate and show information for token" (Identity API v3).
 * @throws OpenStackError `unreachable` where it is something else
 */
export function parseToken(text: string): TokenFacts {
  const body = jsonOf(text);
  if (!Value.Check(TokenBody, body)) throw unreadable();
  const { token } = body;
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

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's error would quote the text.
    throw unreadable();
  }
}

function unreadable(): OpenStackError {
  return new OpenStackError('unreachable', "Keystone's answer cannot be understood");
}
