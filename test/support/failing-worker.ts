/**
 * This module is loaded into a worker with `--import`. Soon after the start it makes the part that runs the
 * workflows fail, as a bug in Temporal's SDK would.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import { TASK_QUEUE } from '../../src/copy-job/index.ts';

const { run } = Worker.prototype;
Worker.prototype.run = async function () {
  const running = run.call(this);
  if (this.options.taskQueue !== TASK_QUEUE) return running;
  const failure = sleep(500).then(() => {
    throw new Error('the workflow thread has ended');
  });
  return Promise.race([running, failure]);
};
