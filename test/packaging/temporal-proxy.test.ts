/**
 * Tests connections to Temporal through an HTTP proxy that the environment names. TLS goes through the
 * proxy's tunnel, and the proxy's password does not get into a log.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { makeAuthority } from './support/authority.ts';
import { type ConnectProxy, startConnectProxy } from './support/connect-proxy.ts';
import { startTlsFrontend } from './support/tls-frontend.ts';

/** A name that only the proxy can resolve. */
const HOST = 'temporal.test';
const PASSWORD = 'p@ss:w/rd%';
const IN_BASE64 = Buffer.from(`copier:${PASSWORD}`).toString('base64');
/** Hides the variables of the environment in which the tests run. */
const UNSET = { grpc_proxy: '', https_proxy: '', http_proxy: '', HTTP_PROXY: '', no_proxy: '' };

let folder: string;
let server: Server;
let proxy: ConnectProxy;
let deployment: Deployment;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-proxy-'));
  const authority = await makeAuthority(folder);
  server = await startTlsFrontend(await authority.issue('frontend', HOST), inject('temporalAddress'));
  proxy = await startConnectProxy(`copier:${PASSWORD}`, { [HOST]: (server.address() as AddressInfo).port });
  env = {
    ...UNSET,
    NO_PROXY: 'example.com',
    HTTPS_PROXY: `http://copier:${encodeURIComponent(PASSWORD)}@${proxy.address}`,
    TEMPORAL_ADDRESS: `${HOST}:7233`,
    TEMPORAL_TLS: 'true',
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority.cert,
  };
  deployment = await deploy({ env });
});
beforeEach(() => void proxy.asked.splice(0));
afterAll(async () => {
  await deployment?.stop();
  server?.close();
  proxy?.stop();
  await rm(folder, { recursive: true });
});

const expectNoPassword = (text: string) => {
  for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), IN_BASE64])
    expect(text).not.toContain(secret);
};

test('the command and the worker reach Temporal through the proxy of HTTPS_PROXY, and a copy succeeds', async () => {
  const worker = await deployment.startWorker();
  const image = await deployment.addImage('ot1', MIB);
  expect(await deployment.command('copy', image.id, '--from', 'ot1', '--to', 'ot2')).toMatchObject({
    code: 0,
  });
  // These are the client of the worker, the worker's own connection, and the command.
  expect(proxy.asked).toEqual([`${HOST}:7233`, `${HOST}:7233`, `${HOST}:7233`]);
  expectNoPassword(worker.output());
});

test('if a proxy refuses the password, the error names the proxy but not the password', async () => {
  const wrong = await deploy({ env: { ...env, HTTPS_PROXY: `http://copier:hidden-wrong@${proxy.address}` } });
  const { code, stdout, stderr } = await wrong.command('list');
  await wrong.stop();
  expect([code, stderr]).toEqual([6, expect.stringContaining(`by way of the proxy ${proxy.address};`)]);
  expect(proxy.asked).not.toEqual([]);
  const secret = Buffer.from('copier:hidden-wrong').toString('base64');
  for (const text of ['hidden-wrong', secret]) expect(`${stdout}${stderr}`).not.toContain(text);
});

test('a host that NO_PROXY names is reached directly', async () => {
  const direct = await deploy({ env: { ...env, NO_PROXY: 'example.com, .test' } });
  const { code, stderr } = await direct.command('list');
  await direct.stop();
  expect([code, stderr]).toEqual([6, expect.stringContaining(`does not answer at ${HOST}:7233; start it`)]);
  expect(proxy.asked).toEqual([]);
});

test('a proxy of another kind is refused, and the error names the variable but not the address', async () => {
  const socks = await deploy({ env: { ...env, https_proxy: 'socks5://copier:hidden@127.0.0.1:1' } });
  const { code, stderr } = await socks.command('list');
  await socks.stop();
  expect([code, stderr]).toEqual([2, expect.stringContaining('https_proxy: this proxy cannot be used for')]);
  expect(stderr).not.toContain('hidden');
});

test('a worker that the proxy refuses after its start does not log the password', async () => {
  const worker = await deployment.startWorker();
  const before = proxy.asked.length;
  proxy.refuseAll();
  await until(() => proxy.asked.length > before + 2);
  await worker.stop('SIGTERM');
  expect(worker.output()).toMatch(/"level":[45]0/);
  expectNoPassword(worker.output());
});
