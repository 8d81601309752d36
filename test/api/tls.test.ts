/** Tests a facade that has a certificate of its own. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { type Deployment, deploy } from '../support/deployment.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

let folder: string;
let files: { readonly cert: string; readonly key: string };
let deployment: Deployment;
let api: TestProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-tls-'));
  files = makeCertificate(folder);
  deployment = await deploy({ api: { tls: files } });
  api = await deployment.startApi();
});
afterAll(async () => {
  await deployment.stop();
  await rm(folder, { recursive: true });
});

/** Asks the facade for its health on a new connection that trusts only this certificate. */
function statusWith(ca: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const url = `${deployment.apiUrl.replace('http:', 'https:')}/healthz`;
  get(url, { ca, agent: false }, (answer) => {
    answer.resume();
    resolve(answer.statusCode);
  }).on('error', reject);
  return promise;
}

test('the facade answers over TLS, but not without TLS', async () => {
  expect(await statusWith(await readFile(files.cert, 'utf8'))).toBe(200);
  await expect(fetch(`${deployment.apiUrl}/healthz`)).rejects.toThrow();
});

test('a certificate that has changed is read again, unless it cannot be used', async () => {
  const old = await readFile(files.cert, 'utf8');
  const other = await mkdtemp(join(folder, 'other-'));
  const next = makeCertificate(other);
  // The new key does not belong to the old certificate, so for a moment the files do not match.
  await rename(next.key, files.key);
  await until(() => api.output().includes('cannot be read again'));
  expect(await statusWith(old)).toBe(200);
  const renewed = await readFile(next.cert, 'utf8');
  await writeFile(files.cert, renewed);
  await until(async () => (await statusWith(renewed).catch(() => null)) === 200);
  await expect(statusWith(old)).rejects.toThrow();
});

test('the exit code of `health` tells whether the facade answers', async () => {
  expect((await deployment.command('health')).code).toBe(0);
  const other = await deploy();
  const { code, stderr } = await other.command('health');
  expect([code, stderr]).toEqual([6, expect.stringContaining('cannot be reached')]);
  await other.stop();
});

test('`serve` refuses a certificate that cannot be read, and `check` names it', async () => {
  const other = await deploy({ api: { tls: { ...files, cert: '/nowhere/cert.pem' } } });
  const { code, stderr } = await other.command('serve');
  expect([code, stderr]).toEqual([2, expect.stringContaining('/nowhere/cert.pem')]);
  const { stdout } = await other.command('check');
  expect(stdout).toMatch(/^FAILED +certificate: .*\/nowhere\/cert\.pem/m);
  await other.stop();
});
