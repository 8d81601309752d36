import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inject } from 'vitest';

/** The end of a call: its result, or the vendor's own exception. */
export interface Called {
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the fields of its results
  readonly result?: any;
  /** `type` is the class of the exception, and `text` its message. The other fields are its attributes. */
  readonly error?: { readonly type: string; readonly text: string; readonly [attribute: string]: unknown };
}

/** A process in which a vendor's own client runs. */
export interface Sdk {
  call(name: string, args?: object): Promise<Called>;
  /** Returns the result of a call, which MUST succeed. */
  ok(name: string, args?: object): Promise<Called['result']>;
  stop(): Promise<void>;
}

/** Starts a script of this folder, with `settings` as its argument. */
export function startSdk(script: string, settings: object): Sdk {
  const child = spawn(
    inject('vendorsPython'),
    [join(import.meta.dirname, script), JSON.stringify(settings)],
    {
      env: { ...process.env, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const call = async (name: string, args: object = {}): Promise<Called> => {
    child.stdin.write(`${JSON.stringify([name, args])}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script} has ended`);
    return JSON.parse(value);
  };
  return {
    call,
    async ok(name, args) {
      const { result, error } = await call(name, args);
      if (error !== undefined) throw new Error(`${name}: ${error.type}: ${error.text}`);
      return result;
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
