import type { IncomingMessage } from 'node:http';
import { until } from '../support/until.ts';
import type { Caught } from './caught.ts';
import type { BodyFault } from './spoilt-body.ts';

/** Selects the requests to which a rule applies. */
export interface Match {
  readonly method: RegExp;
  /** A pattern for the path with its query. */
  readonly path: RegExp;
  /** The name of a header that the request has to have. */
  readonly header?: string;
  /** The name of a header that the request must not have. */
  readonly without?: string;
}

/** Something that a rule does to a request. */
export type Act =
  /** The server gets the whole request after the release. The client may be gone by then. */
  | { readonly kind: 'hold' }
  /** The server carries the request out. The client gets the answer after the release. */
  | { readonly kind: 'hold-answer' }
  /** The server carries the request out, and the connection breaks. */
  | { readonly kind: 'swallow' }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'body'; readonly of: 'request' | 'answer'; readonly fault: BodyFault }
  | { readonly kind: 'pass' };

/** A rule, as the proxy applies it to a request. */
export interface Rule {
  readonly act: Act;
  /** Called when the request has reached the point at which the rule catches it. */
  caught(): void;
  readonly released: Promise<void>;
  isOn(): boolean;
}

export interface Rules {
  add(match: Match, act: Act, times?: number): Caught;
  /** Returns the newest rule that matches a request. */
  for(request: IncomingMessage): Rule;
  removeAll(): void;
}

/** The rule for all other requests. */
const PASS: Rule = { act: { kind: 'pass' }, caught: () => {}, released: Promise.resolve(), isOn: () => true };

export function rules(): Rules {
  const entries: { readonly match: Match; readonly rule: Rule; readonly handle: Caught; left: number }[] = [];
  return {
    add(match, act, times = Number.POSITIVE_INFINITY) {
      const released = Promise.withResolvers<void>();
      let hits = 0;
      let isOn = true;
      const caught = () => {
        hits += 1;
      };
      const rule: Rule = { act, caught, released: released.promise, isOn: () => isOn };
      const handle: Caught = {
        hits: () => hits,
        reached: async (wanted = 1) => {
          await until(() => hits >= wanted, 30_000);
        },
        release: released.resolve,
        remove() {
          isOn = false;
          entry.left = 0;
          released.resolve();
        },
      };
      const entry = { match, rule, handle, left: times };
      entries.unshift(entry);
      return handle;
    },
    for(request) {
      const found = entries.find(({ match, left }) => left > 0 && matches(match, request));
      if (found === undefined) return PASS;
      found.left -= 1;
      return found.rule;
    },
    removeAll() {
      for (const { handle } of entries.splice(0)) handle.remove();
    },
  };
}

function matches(
  { method, path, header, without }: Match,
  { method: given = '', url = '', headers }: IncomingMessage,
): boolean {
  if (header !== undefined && headers[header] === undefined) return false;
  if (without !== undefined && headers[without] !== undefined) return false;
  return method.test(given) && path.test(url);
}
