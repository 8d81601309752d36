import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { request } from 'undici';
import { AUTH_URL } from '../keystone-rig.ts';

/** A Keystone behind a proxy that records every token that it issues. */
export interface RecordingKeystone {
  /** The address of the proxy, which ends in `/v3`. */
  readonly authUrl: string;
  readonly issued: ReadonlySet<string>;
  close(): Promise<void>;
}

export async function recordingKeystone(): Promise<RecordingKeystone> {
  const issued = new Set<string>();
  const server = createServer(async (asked, reply) => {
    const { host: _host, connection: _connection, ...headers } = asked.headers;
    const answer = await request(new URL(asked.url ?? '', AUTH_URL), {
      method: asked.method as 'GET',
      headers,
      body: await buffer(asked),
    });
    const token = answer.headers['x-subject-token'];
    if (typeof token === 'string') issued.add(token);
    reply.writeHead(answer.statusCode, answer.headers).end(await buffer(answer.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    authUrl: `http://127.0.0.1:${port}/v3`,
    issued,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
