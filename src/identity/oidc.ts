import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';
import { fetch } from 'undici';
import { openAgent } from '../http/index.ts';
import type { Operators } from './operators.ts';
import { IdentityUnavailable } from './port.ts';

/** The conditions under which an access token belongs to an operator. */
interface OidcOptions {
  /** The address of the OpenID provider. */
  readonly issuer: string;
  /** The audience (`aud`) of the tokens: the service for which the provider issues them. */
  readonly audience: string;
  /** A claim that a token needs: `value`, or a list that contains `value`. `null` if no claim is needed. */
  readonly claim: { readonly name: string; readonly value: string } | null;
}

type Ask = (url: string, init?: object) => ReturnType<typeof fetch>;

/** The codes of the errors when the provider's keys cannot be fetched. They say nothing about the token. */
const NO_KEYS = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID']);

/**
 * Recognises operators by their access tokens (JWTs) of an OpenID provider. The provider's keys are fetched
 * when they are first needed, when they have changed, and by each `check`.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 */
export function oidcOperators({ issuer, audience, claim }: OidcOptions): Operators {
  const dispatcher = openAgent({ verify: true, ca: null });
  const ask: Ask = (url, init = {}) => fetch(url, { ...init, dispatcher });
  let opened: ReturnType<typeof createRemoteJWKSet> | undefined;
  const keys = async () => {
    opened ??= createRemoteJWKSet(await keysAddress(issuer, ask), {
      [customFetch]: (url, init) => ask(url, init) as unknown as Promise<Response>,
    });
    return opened;
  };
  return {
    async nameOf(token) {
      try {
        const options = { issuer, audience, requiredClaims: ['exp', 'sub'] };
        const { payload } = await jwtVerify(token, await keys(), options);
        return hasClaim(payload, claim) ? (payload.sub ?? null) : null;
      } catch (cause) {
        if (cause instanceof errors.JOSEError && !NO_KEYS.has(cause.code)) return null;
        throw unavailable(issuer, cause);
      }
    },
    async check() {
      try {
        const keySet = await keys();
        await keySet.reload();
      } catch (cause) {
        throw unavailable(issuer, cause);
      }
    },
  };
}

async function keysAddress(issuer: string, ask: Ask): Promise<URL> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await ask(address, { signal: AbortSignal.timeout(10_000) }).catch((cause) => {
    throw unavailable(issuer, cause);
  });
  const found = (await answer.json().catch(() => null)) as { issuer?: unknown; jwks_uri?: unknown } | null;
  const url = URL.parse(String(found?.jwks_uri));
  if (!answer.ok || found?.issuer !== issuer || url === null)
    throw new IdentityUnavailable(`--issuer: ${address} does not describe the OpenID provider ${issuer}`);
  return url;
}

function hasClaim(payload: JWTPayload, claim: OidcOptions['claim']): boolean {
  if (claim === null) return true;
  const value = payload[claim.name];
  return value === claim.value || (Array.isArray(value) && value.includes(claim.value));
}

function unavailable(issuer: string, cause: unknown): IdentityUnavailable {
  if (cause instanceof IdentityUnavailable) return cause;
  return new IdentityUnavailable(`the OpenID provider ${issuer} cannot be asked for its keys`, { cause });
}
