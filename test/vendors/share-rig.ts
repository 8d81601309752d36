import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import { stringify } from 'yaml';
import { type Deployment, deploy } from '../support/deployment.ts';
import { type Sdk, startSdk } from './sdk.ts';

export const SHARE = '77ba6f4b-6365-4895-8dda-bc7142af4dde';

/** A user, in the form that Huawei's SDK needs. */
export interface Account {
  readonly project: string;
  readonly access: string;
  readonly secret: string;
  readonly token?: string;
}

/** A share `nas` whose target `training` is a real bucket. Tenant-b may not use the share. */
export interface ShareRig {
  readonly deployment: Deployment;
  /** Tenant-a's access key. */
  readonly key: Account;
  /** Tenant-a's token, together with a key that nobody knows. */
  readonly token: Account;
  sdk(account: Account): Sdk;
  put(key: string, data: Uint8Array): Promise<void>;
  /** Returns the sha512 of each object below a prefix, by the rest of its key. */
  objects(prefix: string): Promise<Record<string, string>>;
  /** Returns the sha512 of a file in the folder of the target. */
  sha512OfFile(path: string): Promise<string>;
  stop(): Promise<void>;
}

export async function shareRig(): Promise<ShareRig> {
  const endpoint = inject('s3Endpoint');
  const client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true });
  const Bucket = `vendors-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  const bucket = { driver: 's3', bucket: Bucket, endpoint, path_style: true };
  const deployment = await deploy({
    regions: ['nas'],
    api: { default_source_region: undefined },
    config: {
      regions: { nas: { store: { driver: 'directory', path: 'nas' } }, bucket: { store: bucket } },
      shares: { [SHARE]: { region: 'nas', targets: { training: 'bucket' }, tenants: ['tenant-a'] } },
      identity: { driver: 'token-file', path: 'accounts.yaml' },
    },
  });
  const key = { project: 'tenant-a', access: 'KEYOFTENANTA', secret: randomBytes(20).toString('hex') };
  await writeFile(
    join(deployment.folder, 'accounts.yaml'),
    stringify({
      tokens: [{ sha256: sha(256, deployment.tokens.a), tenant_id: 'tenant-a' }],
      access_keys: [{ access: key.access, secret: key.secret, tenant_id: 'tenant-a' }],
    }),
    { mode: 0o600 },
  );
  await deployment.startApi();
  const running: Sdk[] = [];
  return {
    deployment,
    key,
    token: { project: 'tenant-a', access: 'nobody', secret: 'nothing', token: deployment.tokens.a },
    sdk(account) {
      const started = startSdk('sfs_turbo.py', { endpoint: deployment.apiUrl, ...account });
      running.push(started);
      return started;
    },
    async put(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    async objects(Prefix) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix }));
      const found: Record<string, string> = {};
      for (const { Key = '' } of Contents) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        found[Key.slice(Prefix.length)] = sha(512, (await Body?.transformToByteArray()) ?? '');
      }
      return found;
    },
    sha512OfFile: async (path) => sha(512, await readFile(join(deployment.folder, 'nas', 'training', path))),
    async stop() {
      await Promise.all(running.map((sdk) => sdk.stop()));
      await deployment.stop();
      client.destroy();
    },
  };
}

export function sha(bits: 256 | 512, data: Uint8Array | string): string {
  return createHash(`sha${bits}`).update(data).digest('hex');
}
