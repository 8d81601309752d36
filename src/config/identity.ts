import { resolve } from 'node:path';
import Type, { type Static, type TSchema } from 'typebox';
import { toVersion3 } from '../openstack/index.ts';
import type { IdentityConfig } from './config.ts';
import { parseDuration } from './duration.ts';
import { closed, duration, text } from './schema-parts.ts';

const TokenFile = Type.Object(
  { driver: Type.Literal('token-file'), path: text('A file of tokens and access keys.') },
  closed,
);
const Keystone = Type.Object(
  {
    driver: Type.Literal('keystone'),
    auth_url: Type.String({
      pattern: '^https?://[^/?#]+(?!.*/v2(\\.[0-9]+)?/*$)(/[^?#]*)?$',
      patternErrorMessage: 'the address of a Keystone v3 such as https://keystone.example.com/v3',
      description: "Keystone's address.",
    }),
    cacert: Type.Optional(text("A PEM file of the authorities for Keystone's certificate.")),
    insecure: Type.Optional(Type.Boolean({ description: "Do not check Keystone's certificate." })),
    cache_for: Type.Optional(duration('How long a valid token is not checked again (default: 60s).')),
    cloud: Type.Optional(
      text(
        'An entry of clouds.yaml: the account that looks up access keys. Without it, no access key is accepted.',
      ),
    ),
  },
  closed,
);

/** The schema of the section `identity` for each driver. */
export const identitySchemas: ReadonlyMap<string, TSchema> = new Map<string, TSchema>([
  ['token-file', TokenFile],
  ['keystone', Keystone],
]);

/**
 * Returns the configuration of a section `identity`, with every default filled in. The section MUST match its
 * driver's schema.
 */
export function identityConfig(section: object, baseDirectory: string): IdentityConfig {
  const known = section as Static<typeof TokenFile> | Static<typeof Keystone>;
  if (known.driver === 'token-file') return { ...known, path: resolve(baseDirectory, known.path) };
  return {
    driver: known.driver,
    authUrl: toVersion3(known.auth_url) ?? known.auth_url,
    verify: known.insecure !== true,
    cacert: known.cacert === undefined ? null : resolve(baseDirectory, known.cacert),
    cacheFor: parseDuration(known.cache_for ?? '60s'),
    cloud: known.cloud ?? null,
  };
}
