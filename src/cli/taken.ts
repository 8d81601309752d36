import { UsageError } from './errors.ts';

/** The error codes of an address at which nobody can listen, with their meanings (listen(2), bind(2)). */
const NOT_TO_BE_HAD: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use; choose another port',
  EADDRNOTAVAIL: 'is not an address of this machine; choose one that it has',
  EACCES: 'needs rights that this user does not have; choose a port of 1024 or more',
  ENOTFOUND: 'cannot be found; choose an address of this machine',
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
