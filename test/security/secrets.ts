/** Secrets of every kind, made for one run, and the files that a deployment reads them from. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

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
};

export const S3_ACCOUNT = { accessKeyId: 'copier', secretAccessKey: SECRETS['key of S3'] };

export const EC2_KEY = { access: 'key-of-a-tenant', secret: SECRETS['secret of an EC2 credential'] };

/** The files that `writeSecrets` makes. */
export const SECRET_FILES = ['clouds.yaml', 'credentials', 'k1'];

/**
 * Writes the secrets into a folder: of the clouds `canary` and `locked`, of the S3 profile `canary`, and the
 * key `k1` of the encryption.
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

/** Returns the ways in which a secret may be written, wherever it stands in what was encoded. */
export function formsOf(secret: string): string[] {
  const inBase64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString('base64');
    return text.slice(Math.ceil((offset * 4) / 3), Math.floor((offset + secret.length) / 3) * 4);
  });
  return [secret, Buffer.from(secret).toString('hex'), ...inBase64];
}
