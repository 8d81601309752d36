import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Returns a free TCP port. For a minute, the system gives it to nobody else: a connection to it is left in
 * TIME_WAIT. A server on the port has to set SO_REUSEADDR, as all of ours do.
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
