/** Tests that an idempotency key can be used again while its job is being deleted. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { createJobService, type JobService, OPERATOR } from '../../src/job-service/index.ts';
import { type Deployment, deploy } from '../support/deployment.ts';

let deployment: Deployment;
let jobs: JobService;
/** The job service of another facade. */
let otherJobs: JobService;
let image_id: string;
beforeAll(async () => {
  deployment = await deploy();
  const { client, regions, env } = deployment;
  const { limits } = await loadConfig(env.IMAGE_REPLICATOR_CONFIG ?? '');
  [jobs, otherJobs] = [0, 1].map(() => createJobService({ client, regions, limits })) as [
    JobService,
    JobService,
  ];
  image_id = (await deployment.addImage('ot1', 10)).id;
});
afterAll(() => deployment?.stop());

/**
 * Deletes a job, and calls `start` each time when a record of the job is about to be removed. Returns the
 * results of `start`.
 */
async function startsWhileDeleted<Started>(
  job_id: string,
  start: () => Promise<Started>,
): Promise<Started[]> {
  const { workflowService } = deployment.client;
  const remove = workflowService.deleteWorkflowExecution.bind(workflowService);
  const starts: Promise<Started>[] = [];
  const removing = vi.spyOn(workflowService, 'deleteWorkflowExecution').mockImplementation((call) => {
    starts.push(start());
    return remove(call);
  });
  await jobs.delete(OPERATOR, job_id);
  removing.mockRestore();
  return Promise.all(starts);
}

test('a request with the key of a job that is being deleted makes another job', async () => {
  const { workflow } = deployment.client;
  const request = { source: { region: 'ot1', image_id }, destination: { region: 'ot2' } };
  const start = () => jobs.start(OPERATOR, request, { dialect: 'test', idempotency_key: 'again' });
  const { job_id } = await start();
  const first = await workflow.getHandle(job_id).describe();
  await workflow.getHandle(job_id).terminate();

  // The other job has the same id, which comes from the key, but another run.
  expect(await startsWhileDeleted(job_id, start)).toEqual([{ job_id }]);
  expect(await jobs.show(OPERATOR, job_id)).toMatchObject({ status: 'replicate_requested' });
  expect((await workflow.getHandle(job_id).describe()).runId).not.toBe(first.runId);
});

test('once a facade has deleted a job, a request with its key makes another job at every facade', async () => {
  const { workflow } = deployment.client;
  const request = { source: { region: 'ot1', image_id }, destination: { region: 'ot2' } };
  const start = () => otherJobs.start(OPERATOR, request, { dialect: 'test', idempotency_key: 'elsewhere' });
  const { job_id } = await start();
  const first = await workflow.getHandle(job_id).describe();
  await workflow.getHandle(job_id).terminate();

  // The other facade does not know of the deletion, and finds the old job.
  expect(await startsWhileDeleted(job_id, start)).toEqual([{ job_id }]);
  expect(await start()).toEqual({ job_id });
  expect(await otherJobs.show(OPERATOR, job_id)).toMatchObject({ status: 'replicate_requested' });
  expect((await workflow.getHandle(job_id).describe()).runId).not.toBe(first.runId);
});

test('the key of a deleted job makes another job, even if Temporal refuses the first two starts', async () => {
  const { workflow } = deployment.client;
  const request = { source: { region: 'ot1', image_id }, destination: { region: 'ot2' } };
  // Temporal refuses a start while it removes the record, although it no longer shows the record.
  const refused = new WorkflowExecutionAlreadyStartedError('it is there', 'an id', 'copyImage');
  const starting = vi.spyOn(workflow, 'start').mockRejectedValueOnce(refused).mockRejectedValueOnce(refused);
  const { job_id } = await jobs.start(OPERATOR, request, { dialect: 'test', idempotency_key: 'held' });
  expect(starting).toHaveBeenCalledTimes(3);
  starting.mockRestore();
  expect(await jobs.show(OPERATOR, job_id)).toMatchObject({ status: 'replicate_requested' });
});

test('a job is found by its key if its deletion was refused', async () => {
  const request = { source: { region: 'ot1', image_id }, destination: { region: 'ot2' } };
  const options = { dialect: 'test', idempotency_key: 'goes on' };
  const { job_id } = await jobs.start(OPERATOR, request, options);
  await expect(jobs.delete(OPERATOR, job_id)).rejects.toMatchObject({ code: 'conflict' });
  expect(await jobs.start(OPERATOR, request, options)).toEqual({ job_id });
});

test('a request with the key of a job finds the job if its deletion fails in the meantime', async () => {
  const { workflowService, workflow } = deployment.client;
  const request = { source: { region: 'ot1', image_id }, destination: { region: 'ot2' } };
  const start = () => jobs.start(OPERATOR, request, { dialect: 'test', idempotency_key: 'stays' });
  const { job_id } = await start();
  await workflow.getHandle(job_id).terminate();
  const again: ReturnType<typeof start>[] = [];
  const removing = vi.spyOn(workflowService, 'deleteWorkflowExecution').mockImplementation(() => {
    again.push(start());
    return Promise.reject(new Error('Temporal is away'));
  });
  await expect(jobs.delete(OPERATOR, job_id)).rejects.toMatchObject({ code: 'unavailable' });
  removing.mockRestore();
  expect(await Promise.all(again)).toEqual([{ job_id }]);
});
