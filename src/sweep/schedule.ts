import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { SWEEP_REGION, TASK_QUEUE } from '../copy-job/index.ts';

const AN_HOUR = 60 * 60_000;

/**
 * Creates the schedule that sweeps a region once an hour. An existing schedule stays as it is, because an
 * operator may have paused it or changed its times.
 */
export async function ensureSweepSchedule(client: Client, region: string, taskQueue: string): Promise<void> {
  const id = `sweep/${region}`;
  try {
    await client.schedule.create({
      scheduleId: id,
      spec: { intervals: [{ every: AN_HOUR }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: AN_HOUR },
      action: {
        type: 'startWorkflow',
        workflowType: SWEEP_REGION,
        workflowId: id,
        taskQueue: TASK_QUEUE,
        args: [{ region, task_queue: taskQueue, dry_run: false, grace: AN_HOUR }],
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
