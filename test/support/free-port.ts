import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Returns a TCP port that nobody listens on, and that the system gives to nobody else for a minute: a
 * connection to it stays behind in TIME_WAIT and binds it. A server that is to use it sets SO_REUSEADDR, as
 * all do.
 */
export async function freePort(): Promise<number> {
  const server = createServer((connection) => connection.end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener has no port');
  await once(connect(address.port, '127.0.0.1').resume(), 'close');
  await once(server.close(), 'close');
  return address.port;
}
