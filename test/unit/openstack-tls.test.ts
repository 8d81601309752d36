import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIdentity } from '../../src/identity/index.ts';
import { openSession } from '../../src/openstack/index.ts';
import { makeCertificate } from '../support/certificate.ts';

let folder: string;
let server: Server;
let authUrl: string;
const path = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-tls-'));
  const { cert, key } = makeCertificate(folder);
  server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (_request, response) =>
    response.writeHead(200).end('{}'),
  ).listen(0, 'localhost');
  await once(server, 'listening');
  authUrl = `https://localhost:${(server.address() as AddressInfo).port}/v3`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const check = async (options: { verify?: boolean; cacert?: string }) => {
  const how = { verify: true, cacert: null, ...options };
  await (await openIdentity({ driver: 'keystone', authUrl, cacheFor: 1000, cloud: null, ...how })).check();
};

test('a self-signed certificate is refused, unless it is given as the authority', async () => {
  await expect(check({})).rejects.toThrow('Keystone does not answer');
  await check({ cacert: path('cert.pem') });
});

test('a certificate is not checked if `verify` is false', () => check({ verify: false }));

test('the error for an authority that cannot be read names its file', async () => {
  await expect(check({ cacert: path('none.pem') })).rejects.toThrow(
    /cacert: .*none\.pem cannot be read \(ENOENT\)/,
  );
});

test.each<[string, NodeJS.ProcessEnv, string]>([
  ['no settings', {}, 'Keystone does not answer'],
  ['the authority', { OS_CACERT: 'cert.pem' }, 'Keystone answers with 200'],
  ['no check', { OS_INSECURE: '1' }, 'Keystone answers with 200'],
  ['a missing authority', { OS_CACERT: 'none.pem' }, "the cloud's configuration cannot be used"],
])(
  'a session with %s in its environment answers accordingly',
  async (_what, { OS_CACERT, ...env }, message) => {
    const cloud = {
      OS_AUTH_URL: authUrl,
      OS_USER_ID: 'copier',
      OS_PASSWORD: 'a-secret',
      OS_PROJECT_ID: 'service',
      ...(OS_CACERT && { OS_CACERT: path(OS_CACERT) }),
    };
    await expect(openSession({}, { ...cloud, ...env }).check()).rejects.toThrow(message);
  },
);
