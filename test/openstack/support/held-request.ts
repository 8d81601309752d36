import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A request that is held up on its way to the server. */
export interface HeldRequest {
  /** Resolves when the request has come in. */
  readonly reached: Promise<void>;
  /**
   * Passes the request on, even if its sender has given it up. Returns the status of the server's answer.
   */
  release(): Promise<number>;
}

/**
 * Prepares to hold a request that is still to come. Whoever receives the request has to call `hold` with it.
 */
export function heldRequest(target: string): HeldRequest & {
  hold(incoming: IncomingMessage, answer: ServerResponse): Promise<void>;
} {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const status = Promise.withResolvers<number>();
  return {
    reached: reached.promise,
    release() {
      released.resolve();
      return status.promise;
    },
    async hold(incoming, answer) {
      const { method, headers, url = '/' } = incoming;
      const body = await buffer(incoming);
      reached.resolve();
      await released.promise;
      const outgoing = request(new URL(url, target), { method, headers, agent: false }).end(body);
      outgoing.on('error', status.reject).on('response', (given) => {
        status.resolve(given.statusCode ?? 502);
        given.pipe(answer.writeHead(given.statusCode ?? 502, given.headers));
      });
    },
  };
}
