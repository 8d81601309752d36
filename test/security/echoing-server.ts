/**
 * A server that quotes what it was sent in its errors. It is a Keystone, a Glance, an S3 and a proxy in one.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface EchoingServer {
  /**
   * The address of the server. Its Keystone is at `/v3`, and one that refuses everybody at `/locked/v3`.
   * Every other path belongs to Glance or S3.
   */
  readonly url: string;
  /** The requests that it was sent, as `GET /path`. */
  readonly asked: readonly string[];
  /** The signatures of the S3 requests that it was sent. */
  readonly signatures: readonly string[];
  stop(): Promise<void>;
}

/** What the server gives to its clients. */
export interface Given {
  /** The token for everybody who signs in with a password. */
  readonly token: string;
  /** The only access key that it knows. */
  readonly key: { readonly access: string; readonly secret: string };
}

/** Starts the server. It refuses every request for which it has nothing to give. */
export async function startEchoingServer(given: Given): Promise<EchoingServer> {
  const asked: string[] = [];
  const signatures: string[] = [];
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, headers } = request;
    const path = request.url ?? '';
    const quoted = JSON.stringify({ path, headers, body: await text(request) });
    asked.push(`${method} ${path}`);
    for (const [, found = ''] of quoted.matchAll(/Signature=([0-9a-f]{64})/g)) signatures.push(found);
    response.setHeader('X-Quoted', encodeURIComponent(quoted));
    const gift = giftOf(`${method} ${path}`, given, url);
    if (gift !== undefined) {
      response.writeHead(method === 'POST' ? 201 : 200, { 'X-Subject-Token': given.token });
      response.end(JSON.stringify(gift));
    } else if (headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
      const message = quoted.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
      response.writeHead(403).end(`<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`);
    } else {
      // Before it starts, the facade tries a key that nobody has, and needs a 404 for it.
      const isUnknownKey = /credentials|ec2tokens/.test(path) && !quoted.includes(given.key.access);
      response.writeHead(isUnknownKey ? 404 : 403, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ message: quoted, error: { code: 403, message: quoted } }));
    }
  };
  return {
    url,
    asked,
    signatures,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Returns the answer to a call for Keystone's version, a token or an access key; `undefined` for other calls.
 */
function giftOf(call: string, { key }: Given, url: string): object | undefined {
  const credential = { type: 'ec2', blob: JSON.stringify(key) };
  const gifts: Record<string, object> = {
    'GET /v3': {},
    'POST /v3/auth/tokens': signedIn(url),
    [`GET /v3/credentials/${createHash('sha256').update(key.access).digest('hex')}`]: { credential },
  };
  return gifts[call];
}

function signedIn(url: string): object {
  const endpoint = { interface: 'public', region: 'one', region_id: 'one', url };
  return {
    token: {
      methods: ['password'],
      issued_at: new Date().toISOString(),
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      project: { id: 'tenant-a', name: 'tenant-a' },
      roles: [{ id: 'a-role', name: 'member' }],
      catalog: [{ type: 'image', name: 'glance', endpoints: [endpoint] }],
    },
  };
}
