import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy that opens connections on request (`CONNECT`), for clients that know its password. */
export interface ConnectProxy {
  /** The proxy's `host:port`. */
  readonly address: string;
  /** The addresses to which clients have asked for a connection, also if they were refused; `host:port`. */
  readonly asked: string[];
  /** Cuts all connections, and refuses every client from now on. */
  refuseAll(): void;
  stop(): void;
}

/**
 * Starts a proxy. Its answer to a client that it refuses repeats the client's credentials, as the answers of
 * some real proxies do.
 *
 * @param userinfo who may use it, as `name:password`
 * @param hosts the host names that only the proxy can resolve, each with its port on this machine
 */
export async function startConnectProxy(
  userinfo: string,
  hosts: Readonly<Record<string, number>>,
): Promise<ConnectProxy> {
  const wanted = `Basic ${Buffer.from(userinfo).toString('base64')}`;
  const asked: string[] = [];
  const open = new Set<Duplex>();
  let isClosed = false;
  const server: Server = createServer();
  server.on('connect', ({ url = '', headers }, socket) => {
    asked.push(url);
    // A client that is refused may cut its connection before it has read the reason.
    socket.on('error', () => {});
    const port = hosts[url.split(':')[0] ?? ''];
    const given = headers['proxy-authorization'];
    if (isClosed || given !== wanted || port === undefined) {
      const body = `refused: ${given}`;
      socket.end(`HTTP/1.1 407 ${body}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      return;
    }
    const onward = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    onward.pipe(socket).pipe(onward);
    open.add(socket);
    onward.on('error', () => {});
    for (const end of [socket, onward]) end.on('close', () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    refuseAll() {
      isClosed = true;
      for (const socket of open) socket.destroy();
    },
    stop: () => void server.close(),
  };
}
