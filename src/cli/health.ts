import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Command } from 'commander';
import { type Config, loadConfig } from '../config/index.ts';
import { JobError } from '../job-service/index.ts';
import type { GlobalOptions } from './context.ts';
import { UsageError } from './errors.ts';
import { metricsAddress } from './serve-metrics.ts';
import { wholeNumber } from './whole-number.ts';

/** How long the facade or the worker may take to answer; milliseconds. */
const TIMEOUT = 4000;

interface HealthOptions extends GlobalOptions {
  readonly worker?: true;
  readonly metricsPort?: number;
}

/** Adds the command `health`, for the health checks of containers, whose images have no `curl`. */
export function addHealthCommand(program: Command): void {
  program
    .command('health')
    .option('--worker', 'ask the worker instead of the facade')
    .option(
      '--metrics-port <port>',
      'with --worker: the port at which the worker serves its metrics and health (default: metrics.port of the configuration)',
      wholeNumber(1, 65_535),
    )
    .summary('ask the facade or the worker on this machine whether it is alive')
    .action(async (_options, command: Command) => {
      const { config, worker, metricsPort } = command.optsWithGlobals<HealthOptions>();
      const { address, who } = addressToAsk(await loadConfig(config), worker, metricsPort);
      const status = await askHealth(address).catch((error: Error) => {
        throw new JobError('unavailable', `${who} cannot be reached: ${error.message}`);
      });
      if (status !== 200)
        throw new JobError('unavailable', `${who} is not healthy: it answers with the status ${status}`);
    });
}

/** The address at which a process on this machine answers health checks. */
interface Address {
  readonly host: string;
  readonly port: number;
  /** Present and not `null` if the process uses TLS there. */
  readonly tls?: unknown;
}

/**
 * Returns the address that is to be asked, and the name of the process there.
 * @throws UsageError if the configuration has no address for the health of workers
 */
function addressToAsk(config: Config, worker: true | undefined, metricsPort: number | undefined) {
  if (!worker) return { address: config.api, who: 'the facade' };
  const address = metricsAddress(config, metricsPort);
  if (address !== null) return { address, who: 'the worker' };
  throw new UsageError('--worker: the configuration has no `metrics`, so its workers serve no health checks');
}

/** Asks a process for its health. Returns the HTTP status of the answer. */
function askHealth({ host, port, tls }: Address): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const isAnyAddress = host === '0.0.0.0' || host === '::';
  const options = { host: isAnyAddress ? 'localhost' : host, port, path: '/healthz', timeout: TIMEOUT };
  const onAnswer = (answer: IncomingMessage) => {
    answer.resume();
    resolve(answer.statusCode);
  };
  // The certificate is not checked: it names the public address of the facade, and this request goes to a
  // local one. The request contains no secret.
  const request = tls
    ? requestHttps({ ...options, rejectUnauthorized: false }, onAnswer)
    : requestHttp(options, onAnswer);
  request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT / 1000} seconds`)));
  request.on('error', reject).end();
  return promise;
}
