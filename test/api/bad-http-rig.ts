/** Helps tests to send requests that are not valid HTTP. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

export const portOf = (facade: FastifyInstance) => (facade.server.address() as { port: number }).port;

/**
 * Sends bytes on a connection. Returns everything that comes back until the other side ends the connection.
 */
export async function answerTo(bytes: string, socket: Socket) {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.write(bytes);
  await once(socket, 'end');
  socket.destroy();
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { head, body, status: Number(/^HTTP\/1.1 (\d+) /.exec(head)?.[1]) };
}

/** A request whose headers were sent, and whose body the facade waits for. */
export interface Awaited {
  readonly client: Socket;
  /** The facade's end of the connection. */
  readonly socket: Socket;
}

/** Sends the headers of a POST, and waits until the facade asks for its body. */
export async function sendHeaders(facade: FastifyInstance, path: string, token: string): Promise<Awaited> {
  const accepted = once(facade.server, 'connection') as Promise<[Socket]>;
  const client = connect({ port: portOf(facade), host: '127.0.0.1', allowHalfOpen: true });
  const head = `Expect: 100-continue\r\nX-Auth-Token: ${token}\r\nContent-Length: 10`;
  client.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`);
  const asked = String(await once(client, 'data'));
  if (!asked.startsWith('HTTP/1.1 100 ')) throw new Error(`the body is not asked for: ${asked}`);
  const [socket] = await accepted;
  return { client, socket };
}

/** Does at once what Node.js does after a minute with a connection whose request is late. */
export function timeOut(server: Server, socket: Socket): void {
  const error = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  server.emit('clientError', error, socket);
}
