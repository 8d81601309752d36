import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing: () => Promise<void> }>({ startToCloseTimeout: '1m' });

/** The least that a durable job can be: one activity that does nothing. */
export async function noop(): Promise<void> {
  await nothing();
}
