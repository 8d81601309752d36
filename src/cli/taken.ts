import { UsageError } from './errors.ts';

/** The error codes of an address at which nobody can listen, with their meanings (listen(2), bind(2)). */
const NOT_TO_BE_HAD: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken; choose another port',
  EADDRNOTAVAIL: 'is no address of this machine',
  EACCES: 'may not be listened at by this user',
  ENOTFOUND: 'is not known; name an address of this machine',
};

/** Returns an error of listen(2) as one of usage, which names the key of the configuration. */
export function asTaken(
  key: string,
  { host, port }: { host: string; port: number },
  error: unknown,
): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const problem = NOT_TO_BE_HAD[code];
  return problem === undefined
    ? error
    : new UsageError(`${key}: ${host}:${port} ${problem}`, { cause: error });
}
