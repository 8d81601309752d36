import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../identity/index.ts';

/** Remembers who has sent the requests that a dialect has let pass. */
export class Callers {
  readonly #known = new WeakMap<FastifyRequest, Principal>();

  add(request: FastifyRequest, caller: Principal): void {
    this.#known.set(request, caller);
  }

  /** Returns the sender of a request. Throws if the request has reached a route without authentication. */
  of(request: FastifyRequest): Principal {
    const caller = this.#known.get(request);
    if (caller === undefined) throw new Error('a request has passed without authentication');
    return caller;
  }
}
