import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Spool } from '../stores/index.ts';
import { chainOf } from '../temporal/index.ts';

const INTERVAL = 5 * 60_000;

/**
 * Removes the files of ended jobs from the spool, now and every five minutes. A job leaves files there if it
 * ends on another worker, or while this worker does not run. Returns the timer.
 */
export function keepSwept(spool: Spool, client: Client, logger: Logger): NodeJS.Timeout {
  const sweep = () =>
    spool
      .sweep(async ({ workflow_id, mark }) => (await chainOf(client, workflow_id, mark)).state === 'open')
      .catch((error) => logger.warn({ err: error }, 'the spool could not be swept'));
  void sweep();
  return setInterval(sweep, INTERVAL).unref();
}
