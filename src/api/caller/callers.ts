import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../identity/index.ts';
import type { Admission } from './admission.ts';

/** Remembers the senders of a dialect's requests. */
export class Callers {
  readonly #known = new WeakMap<FastifyRequest, Principal>();
  readonly #admit: Admission;

  constructor(admit: Admission) {
    this.#admit = admit;
  }

  /**
   * Notes the sender of a request, if the limits of the sender's tenant allow the request.
   * @throws RequestProblem `throttled`
   */
  async add(request: FastifyRequest, caller: Principal): Promise<void> {
    await this.#admit(request, caller.tenant_id);
    this.#known.set(request, caller);
  }

  /** Returns the sender of a request. Throws if the request has reached a route without authentication. */
  of(request: FastifyRequest): Principal {
    const caller = this.#known.get(request);
    if (caller === undefined) throw new Error('a request has passed without authentication');
    return caller;
  }
}
