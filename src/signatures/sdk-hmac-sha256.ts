import { createHash } from 'node:crypto';
import { byBytes, decode, encode, headerOf, isHmac, parametersOf, pathOf } from './canonical.ts';
import {
  CLOCK_SKEW,
  MAX_AUTHORIZATION_LENGTH,
  type SignatureScheme,
  type SignedRequest,
  type Verdict,
} from './scheme.ts';

/** The parts of the header `Authorization`. */
interface SdkHmacSha256Claim {
  readonly access: string;
  /** The names of the signed headers as they were sent, with `;` between them. */
  readonly signedHeaders: string;
  /** The signature, in hexadecimal. */
  readonly signature: string;
}

const ALGORITHM = 'SDK-HMAC-SHA256';
const AUTHORIZATION =
  /^SDK-HMAC-SHA256 +Access=([^\s,]{1,255}), *SignedHeaders=([\w!#$%&'*+.^`|~;-]+), *Signature=([0-9a-f]{64})$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const UNSIGNED = 'UNSIGNED-PAYLOAD';

/**
 * Huawei Cloud's AK/SK signature. It MUST cover the headers Host and X-Sdk-Date. The date MUST be within 15
 * minutes of the present time.
 * @see https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-algorithm-001.html
 * @see huaweicloudsdkcore, signer/signer.py
 */
export const sdkHmacSha256: SignatureScheme<SdkHmacSha256Claim> = { parse, verify };

function parse(authorization: string): SdkHmacSha256Claim | null {
  if (authorization.length > MAX_AUTHORIZATION_LENGTH) return null;
  const [, access, signedHeaders, signature] = AUTHORIZATION.exec(authorization) ?? [];
  if (access === undefined || signedHeaders === undefined || signature === undefined) return null;
  const names = signedHeaders.toLowerCase().split(';');
  return new Set(names).size === names.length ? { access, signedHeaders, signature } : null;
}

function verify(request: SignedRequest, claim: SdkHmacSha256Claim, secret: string, now: number): Verdict {
  const names = claim.signedHeaders.toLowerCase().split(';');
  const date = headerOf(request, 'x-sdk-date') ?? '';
  const time = timeOf(date);
  if (time === null || !names.includes('host') || !names.includes('x-sdk-date')) return 'bad';
  const headers = names.map((name) => `${name}:${headerOf(request, name) ?? ''}\n`).join('');
  const target = [request.method.toUpperCase(), canonicalPath(request), canonicalQuery(request)];
  const isGenuine = payloadHashes(request, names).some((hash) => {
    const canonical = [...target, headers, claim.signedHeaders, hash].join('\n');
    const hashed = createHash('sha256').update(canonical, 'latin1').digest('hex');
    return isHmac(claim.signature, secret, [ALGORITHM, date, hashed].join('\n'));
  });
  if (!isGenuine) return 'bad';
  return Math.abs(now - time) <= CLOCK_SKEW ? 'good' : 'expired';
}

function timeOf(date: string): number | null {
  const [, year, month, day, hour, minute, second] = DATE.exec(date)?.map(Number) ?? [];
  if (year === undefined || month === undefined) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function canonicalPath(request: SignedRequest): string {
  const path = encode(decode(pathOf(request)), '/');
  return path.endsWith('/') ? path : `${path}/`;
}

/** Returns the query in the form that is signed. Signers first sort the parameters, and then encode them. */
function canonicalQuery(request: SignedRequest): string {
  return parametersOf(request)
    .sort((one, other) => byBytes(one.name, other.name) || byBytes(one.value, other.value))
    .map(({ name, value }) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

/**
 * Returns the texts that may have been signed for the body. Normally, this is the body's hash. If the signed
 * header `X-Sdk-Content-Sha256` is `UNSIGNED-PAYLOAD`, it is that word. But if the body is empty, some
 * signers sign its hash even then.
 */
function payloadHashes(request: SignedRequest, names: readonly string[]): string[] {
  const hash = createHash('sha256').update(request.body).digest('hex');
  const sent = names.includes('x-sdk-content-sha256') ? headerOf(request, 'x-sdk-content-sha256') : undefined;
  if (sent === undefined || sent === hash) return [hash];
  if (sent !== UNSIGNED) return [];
  return request.body.length === 0 ? [hash, UNSIGNED] : [UNSIGNED];
}
