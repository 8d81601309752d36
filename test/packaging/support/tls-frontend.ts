import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import type { Issued } from './authority.ts';

/**
 * Starts a server that speaks TLS, as Temporal's frontend can, in front of a dev server, which cannot.
 *
 * @param upstream the dev server's `host:port`
 */
export async function startTlsFrontend(
  { cert, key }: Issued,
  upstream: string,
  options: TlsOptions = {},
): Promise<Server> {
  const [host = '', port] = upstream.split(':');
  const files = { cert: await readFile(cert), key: await readFile(key) };
  const server = createServer({ ...files, ALPNProtocols: ['h2'], ...options }, (socket) => {
    const onward = connect(Number(port), host);
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
