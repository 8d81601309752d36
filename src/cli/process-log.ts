import { type Logger, pino, stdSerializers } from 'pino';
import type { Config } from '../config/index.ts';
import { harmlessJson } from '../text/index.ts';

/** Returns the logger of a process that runs until it is stopped. It writes lines of JSON to stdout. */
export function createLogger(name: string, { log }: Config): Logger {
  const secretHeaders = ['x-auth-token', 'authorization'];
  const options = {
    name,
    level: log.level,
    redact: secretHeaders.flatMap((header) => [`req.headers["${header}"]`, `*.headers["${header}"]`]),
    serializers: { err: stdSerializers.err, error: stdSerializers.err },
  };
  return pino(options, { write: (line) => process.stdout.write(harmlessJson(line)) });
}
