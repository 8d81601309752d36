import { UsageError } from './errors.ts';

/** Node.js's error codes for an address at which the process cannot listen, with their meanings. */
const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use; choose another port',
  EADDRNOTAVAIL: 'is not an address of this machine; choose one that it has',
  EACCES: 'needs rights that this user does not have; choose a port of 1024 or more',
  ENOTFOUND: 'cannot be found; choose an address of this machine',
};

/**
 * Turns an error into a usage error if it says that the process cannot listen at an address. Returns any
 * other error unchanged.
 * @param key the key of the configuration, or the option, that sets the address
 */
export function asListenError(
  key: string,
  { host, port }: { host: string; port: number },
  error: unknown,
): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const problem = LISTEN_PROBLEMS[code];
  return problem === undefined
    ? error
    : new UsageError(`${key}: ${host}:${port} ${problem}`, { cause: error });
}
