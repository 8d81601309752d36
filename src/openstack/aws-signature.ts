import { createHash, createHmac } from 'node:crypto';

/** A user's EC2 credential. It MUST NOT be stored or logged. */
export interface Ec2Key {
  readonly access: string;
  readonly secret: string;
}

const HOST = 'image-replicator';
const SIGNED_HEADERS = 'host;x-amz-date';

/**
 * Signs a request with an EC2 credential, and describes it in the form that Keystone checks. The request is
 * never sent: its description proves to Keystone that we know the secret. Keystone cannot check the signature
 * of the tenant's request, which is of another kind.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 * @see keystoneclient/contrib/ec2/utils.py
 */
export function signAwsRequest({ access, secret }: Ec2Key, now: Date): object {
  const date = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = [date.slice(0, 8), 'RegionOne', 'ec2', 'aws4_request'];
  const bodyHash = sha256('');
  const canonical = ['GET', '/', '', `host:${HOST}`, `x-amz-date:${date}`, '', SIGNED_HEADERS, bodyHash];
  const toSign = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(canonical.join('\n'))].join('\n');
  const key = scope.reduce<string | Buffer>((previous, part) => hmac(previous, part), `AWS4${secret}`);
  const signature = hmac(key, toSign).toString('hex');
  const credential = [access, ...scope].join('/');
  return {
    access,
    signature,
    verb: 'GET',
    host: HOST,
    path: '/',
    params: {},
    headers: {
      Host: HOST,
      'X-Amz-Date': date,
      Authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${SIGNED_HEADERS}, Signature=${signature}`,
    },
    body_hash: bodyHash,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
