import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { request } from 'undici';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { openAgent } from '../../src/http/index.ts';
import { openBucket } from '../../src/stores/s3/bucket.ts';
import { makeCertificate } from '../support/certificate.ts';

let target: Server;
let proxy: Server;
/** The addresses that the proxy was asked for. */
let asked: string[];

async function listening(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

const addressOf = (server: Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeEach(async () => {
  asked = [];
  target = createServer((_request, answer) => answer.end('hello'));
  proxy = createServer((incoming, answer) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const { url = '', method, headers } = incoming;
    const onward = httpRequest(url, { method, headers }, (found: IncomingMessage) => {
      answer.writeHead(found.statusCode ?? 500, found.headers);
      found.pipe(answer);
    });
    incoming.pipe(onward);
  });
  proxy.on('connect', ({ url = '' }: IncomingMessage, socket) => {
    asked.push(`CONNECT ${url}`);
    const [host, port] = url.split(':');
    const onward = connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    onward.pipe(socket).pipe(onward);
    for (const end of [socket, onward]) end.on('error', () => {});
  });
  await Promise.all([listening(target), listening(proxy)]);
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'])
    vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of [target, proxy]) {
    server.closeAllConnections();
    server.close();
  }
});

async function fetched(): Promise<string> {
  const dispatcher = openAgent({ verify: true, ca: null });
  try {
    return await (await request(`http://${addressOf(target)}/x`, { dispatcher })).body.text();
  } finally {
    await dispatcher.close();
  }
}

test('a request goes through the proxy that the environment names', async () => {
  vi.stubEnv('HTTP_PROXY', `http://${addressOf(proxy)}`);
  expect(await fetched()).toBe('hello');
  expect(asked).toEqual([expect.stringContaining(addressOf(target))]);
});

test('a server that NO_PROXY names is asked directly', async () => {
  vi.stubEnv('HTTP_PROXY', `http://${addressOf(proxy)}`);
  vi.stubEnv('NO_PROXY', '127.0.0.1');
  expect(await fetched()).toBe('hello');
  expect(asked).toEqual([]);
});

test('without a proxy in the environment a server is asked directly', async () => {
  expect(await fetched()).toBe('hello');
  expect(asked).toEqual([]);
});

test("requests of the object store's client go through the proxy", async () => {
  vi.stubEnv('HTTP_PROXY', `http://${addressOf(proxy)}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
  const { client } = openBucket({
    bucket: 'images',
    endpoint: `http://${addressOf(target)}`,
    path_style: true,
  });
  await client.send(new HeadBucketCommand({ Bucket: 'images' }));
  client.destroy();
  expect(asked).toEqual([expect.stringContaining(addressOf(target))]);
});

test('a request by TLS goes through a tunnel, and the certificate of the server itself is checked', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-proxy-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = makeCertificate(folder);
  const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')]);
  const safe = createTlsServer({ cert, key }, (_request, answer) => answer.end('hello'));
  onTestFinished(() => void safe.close());
  await listening(safe);
  vi.stubEnv('HTTPS_PROXY', `http://${addressOf(proxy)}`);
  const ask = async (ca: string | null) => {
    const dispatcher = openAgent({ verify: true, ca });
    onTestFinished(() => dispatcher.destroy());
    return (await request(`https://${addressOf(safe)}/x`, { dispatcher })).body.text();
  };
  expect(await ask(cert)).toBe('hello');
  expect(asked).toEqual([`CONNECT ${addressOf(safe)}`]);
  await expect(ask(null)).rejects.toThrow(/self-signed|certificate/);
});
