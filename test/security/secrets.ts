/** Secrets of every kind, made for one run, and the files from which a deployment reads them. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Issued, makeAuthority } from '../packaging/support/authority.ts';

/** Returns 32 characters that nothing else contains. */
const canary = () => `canary${randomBytes(13).toString('hex')}`;

export const SECRETS = {
  'key of S3': canary(),
  'password of OpenStack': canary(),
  'token of OpenStack': canary(),
  'secret of an application credential': canary(),
  'secret of an EC2 credential': canary(),
  'api.secret': canary(),
  'key of the encryption': canary(),
  'API key of Temporal': canary(),
  'password of a proxy': canary(),
  'token that is not good': canary(),
  'header of a collector': canary(),
  'password of a collector': canary(),
};

export const S3_ACCOUNT = { accessKeyId: 'copier', secretAccessKey: SECRETS['key of S3'] };

export const EC2_KEY = { access: 'key-of-a-tenant', secret: SECRETS['secret of an EC2 credential'] };

/** The files that `writeSecrets` and `makeKeys` make. */
export const SECRET_FILES = ['client.key', 'clouds.yaml', 'credentials', 'facade.key', 'k1'];

/**
 * Writes the secrets into a folder: those of the clouds `canary` and `locked`, of the S3 profile `canary`,
 * and the encryption key `k1`.
 */
export async function writeSecrets(folder: string, cloudUrl: string): Promise<void> {
  const password = {
    username: 'copier',
    password: SECRETS['password of OpenStack'],
    project_name: 'tenant-a',
    user_domain_name: 'Default',
    project_domain_name: 'Default',
  };
  const application = {
    application_credential_id: 'copier',
    application_credential_secret: SECRETS['secret of an application credential'],
  };
  const clouds = {
    canary: { auth: { auth_url: `${cloudUrl}/v3`, ...password } },
    locked: {
      auth_type: 'v3applicationcredential',
      auth: { auth_url: `${cloudUrl}/locked/v3`, ...application },
    },
  };
  const { accessKeyId, secretAccessKey } = S3_ACCOUNT;
  const profile = `[canary]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  const write = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 });
  await write('clouds.yaml', stringify({ clouds }));
  await write('credentials', profile);
  await write('k1', Buffer.from(SECRETS['key of the encryption']).toString('base64'));
}

/** The private keys of one run, their certificates, and a line of each key. */
export interface Keys {
  /** The path of the certificate of the authority that has signed all others. */
  readonly authority: string;
  readonly facade: Issued;
  /** The certificate with which the product identifies itself to Temporal. */
  readonly client: Issued;
  readonly temporal: Issued;
  /**
   * A line of each key of the product. The base64 form of the key without its line breaks contains it, too.
   */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Makes private keys and certificates in a folder. */
export async function makeKeys(folder: string): Promise<Keys> {
  const { issue, cert: authority } = await makeAuthority(folder);
  const [facade, client] = [await issue('facade'), await issue('client')];
  const temporal = await issue('frontend');
  const lineOf = async ({ key }: Issued) => (await readFile(key, 'utf8')).split('\n')[9] ?? '';
  const secrets = {
    'TLS key of the facade': await lineOf(facade),
    'TLS key for Temporal': await lineOf(client),
  };
  return { authority, facade, client, temporal, secrets };
}

/**
 * Returns the forms in which a secret may be written. Base64 has three, depending on the place of the secret
 * in the encoded text.
 */
export function formsOf(secret: string): string[] {
  const inBase64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString('base64');
    return text.slice(Math.ceil((offset * 4) / 3), Math.floor((offset + secret.length) / 3) * 4);
  });
  return [secret, Buffer.from(secret).toString('hex'), ...inBase64];
}
