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
  const isRunning: Parameters<Spool['sweep']>[0] = async ({ workflow_id, mark }) => {
    const { state } = await chainOf(client, workflow_id, mark);
    return state === 'open';
  };
  const sweep = () =>
    spool.sweep(isRunning).catch((error) => logger.warn({ err: error }, 'the spool could not be swept'));
  void sweep();
  return setInterval(sweep, INTERVAL).unref();
}
