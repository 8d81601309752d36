import { createHash, createHmac } from 'node:crypto';
import { byBytes, decode, encode, headerOf, isHmac, parametersOf, pathOf } from './canonical.ts';
import {
  CLOCK_SKEW,
  MAX_AUTHORIZATION_LENGTH,
  type SignatureScheme,
  type SignedRequest,
  type Verdict,
} from './scheme.ts';

/** The parts of the header `Authorization`. */
interface BceAuthV1Claim {
  readonly access: string;
  /** The time of signing; ISO 8601, UTC. */
  readonly timestamp: string;
  /** How long the signature is valid after the timestamp; seconds, as the text that was sent. */
  readonly expiration: string;
  /** The names of the signed headers in lower case; empty if the default ones are signed. */
  readonly signedHeaders: readonly string[];
  /** The signature, in hexadecimal. */
  readonly signature: string;
}

const AUTHORIZATION =
  /^bce-auth-v1\/([^/\s]{1,255})\/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\/(\d{1,9})\/([\w!#$%&'*+.^`|~;-]*)\/([0-9a-f]{64})$/;
const DEFAULT_HEADERS = ['host', 'content-md5', 'content-length', 'content-type'];

/**
 * Baidu AI Cloud's signature, version 1. It MUST cover the header Host. It covers the body only if it covers
 * the header Content-MD5, which MUST be the MD5 of the body.
 * @see https://cloud.baidu.com/doc/Reference/s/njwvz1yfu
 * @see bce-python-sdk, baidubce/auth/bce_v1_signer.py
 */
export const bceAuthV1: SignatureScheme<BceAuthV1Claim> = { parse, verify };

function parse(authorization: string): BceAuthV1Claim | null {
  if (authorization.length > MAX_AUTHORIZATION_LENGTH) return null;
  const [, access, timestamp, expiration, names, signature] = AUTHORIZATION.exec(authorization) ?? [];
  if (access === undefined || timestamp === undefined || Number.isNaN(Date.parse(timestamp))) return null;
  if (expiration === undefined || names === undefined || signature === undefined) return null;
  const signedHeaders = names === '' ? [] : names.toLowerCase().split(';');
  if (new Set(signedHeaders).size !== signedHeaders.length) return null;
  return { access, timestamp, expiration, signedHeaders, signature };
}

function verify(request: SignedRequest, claim: BceAuthV1Claim, secret: string, now: number): Verdict {
  const names = signedNames(request, claim).filter((name) => headerOf(request, name));
  if (!names.includes('host') || !isBodyUnchanged(request, names)) return 'bad';
  const prefix = `bce-auth-v1/${claim.access}/${claim.timestamp}/${claim.expiration}`;
  const key = createHmac('sha256', secret).update(prefix).digest('hex');
  const parts = [request.method.toUpperCase(), canonicalPath(request), canonicalQuery(request)];
  const canonical = [...parts, canonicalHeaders(request, names)].join('\n');
  if (!isHmac(claim.signature, key, canonical)) return 'bad';
  const signedAt = Date.parse(claim.timestamp);
  const isCurrent = signedAt - CLOCK_SKEW <= now && now <= signedAt + Number(claim.expiration) * 1000;
  return isCurrent ? 'good' : 'expired';
}

function signedNames({ headers }: SignedRequest, { signedHeaders }: BceAuthV1Claim): readonly string[] {
  if (signedHeaders.length > 0) return signedHeaders;
  return [...DEFAULT_HEADERS, ...Object.keys(headers).filter((name) => name.startsWith('x-bce-'))];
}

/** Tells whether the body has the MD5 that was signed. If none was signed, every body counts as unchanged. */
function isBodyUnchanged(request: SignedRequest, names: readonly string[]): boolean {
  if (!names.includes('content-md5')) return true;
  return headerOf(request, 'content-md5') === createHash('md5').update(request.body).digest('base64');
}

function canonicalPath(request: SignedRequest): string {
  return encode(decode(pathOf(request)), '/');
}

function canonicalQuery(request: SignedRequest): string {
  return parametersOf(request)
    .filter(({ name }) => name.toLowerCase() !== 'authorization')
    .map(({ name, value }) => `${encode(name)}=${encode(value)}`)
    .sort(byBytes)
    .join('&');
}

function canonicalHeaders(request: SignedRequest, names: readonly string[]): string {
  return names
    .map((name) => `${encode(name)}:${encode(headerOf(request, name) ?? '')}`)
    .sort(byBytes)
    .join('\n');
}
