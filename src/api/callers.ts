import type { FastifyRequest } from 'fastify';
import type { Principal } from '../identity/index.ts';

/** Who has sent the requests that a dialect has let pass. */
export class Callers {
  readonly #known = new WeakMap<FastifyRequest, Principal>();

  add(request: FastifyRequest, caller: Principal): void {
    this.#known.set(request, caller);
  }

  /** The sender of a request; throws where a route was reached that nobody watches. */
  of(request: FastifyRequest): Principal {
    const caller = this.#known.get(request);
    if (caller === undefined) throw new Error('a request has passed without authentication');
    return caller;
  }
}
