/**
 * Tests mutual TLS to Temporal, which is configured with the variables of every Temporal tool. The dev server
 * cannot speak TLS. So a proxy in front of it asks for the client's certificate, as Temporal's frontend does.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from 'node:tls';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { makeAuthority } from './support/authority.ts';
import { startTlsFrontend } from './support/tls-frontend.ts';

let folder: string;
let server: Server;
let deployment: Deployment;
let tls: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-mtls-'));
  const authority = await makeAuthority(folder);
  const [client, frontend] = [await authority.issue('client'), await authority.issue('frontend')];
  const ca = await readFile(authority.cert);
  server = await startTlsFrontend(frontend, inject('temporalAddress'), { ca, requestCert: true });
  const address = `localhost:${(server.address() as AddressInfo).port}`;
  tls = { TEMPORAL_TLS: 'true', TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority.cert, TEMPORAL_ADDRESS: address };
  const mutual = { TEMPORAL_TLS_CLIENT_CERT_PATH: client.cert, TEMPORAL_TLS_CLIENT_KEY_PATH: client.key };
  deployment = await deploy({ env: { ...tls, ...mutual } });
});
afterAll(async () => {
  await deployment?.stop();
  server?.close();
  await rm(folder, { recursive: true });
});

test('the command and the worker reach Temporal with mutual TLS, and a copy succeeds', async () => {
  expect(await deployment.command('check')).toMatchObject({ code: 0 });
  await deployment.startWorker();
  const image = await deployment.addImage('ot1', MIB);
  expect(await deployment.command('copy', image.id, '--from', 'ot1', '--to', 'ot2')).toMatchObject({
    code: 0,
  });
});

test('without a certificate of ours, Temporal cannot be reached', async () => {
  const other = await deploy({ env: tls });
  const { code, stderr } = await other.command('list');
  expect([code, stderr]).toEqual([6, expect.stringContaining('Temporal does not answer')]);
  await other.stop();
});
