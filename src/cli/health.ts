import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Command } from 'commander';
import { type ApiConfig, loadConfig } from '../config/index.ts';
import { JobError } from '../job-service/index.ts';
import type { GlobalOptions } from './context.ts';

/** Milliseconds within which a facade that is alive has answered. */
const TIMEOUT = 4000;

/**
 * Adds `health`, which is for the health check of a container: the image has no shell and no other program.
 */
export function addHealthCommand(program: Command): void {
  program
    .command('health')
    .summary('ask the facade on this machine whether it is alive')
    .action(async (_options, command: Command) => {
      const { api } = await loadConfig(command.optsWithGlobals<GlobalOptions>().config);
      const status = await askHealth(api).catch((error: Error) => error.message);
      if (status !== 200)
        throw new JobError(
          'unavailable',
          typeof status === 'number'
            ? `the facade is not healthy: it answers with ${status}`
            : `the facade cannot be reached: ${status}`,
        );
    });
}

/** Asks the facade at its configured address. Returns the HTTP status of its answer. */
function askHealth({ host, port, tls }: ApiConfig): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const everywhere = host === '0.0.0.0' || host === '::';
  const options = { host: everywhere ? 'localhost' : host, port, path: '/healthz', timeout: TIMEOUT };
  const answered = (answer: IncomingMessage) => {
    answer.resume();
    resolve(answer.statusCode);
  };
  // The certificate names the public address, not this one. Nothing secret is sent.
  const asking = tls
    ? requestHttps({ ...options, rejectUnauthorized: false }, answered)
    : requestHttp(options, answered);
  asking.on('timeout', () => asking.destroy(new Error('it has not answered in time')));
  asking.on('error', reject).end();
  return promise;
}
