import { expect, test } from 'vitest';
import { type JobService, loggedJobs } from '../../src/job-service/index.ts';

const CALLER = { tenant_id: 'tenant-a' };
const done = async () => {};

test.each([
  ['retry', (jobs: JobService) => jobs.retry(CALLER, 'old'), 'new'],
  ['limit', (jobs: JobService) => jobs.limit(CALLER, 'old', 1000), 'old'],
  ['delete', (jobs: JobService) => jobs.delete(CALLER, 'old'), 'old'],
  ['cancel', (jobs: JobService) => jobs.cancel(CALLER, 'old', {}), 'old'],
] as const)('an accepted %s is logged with the job and the tenant', async (_what, call, job_id) => {
  const lines: object[] = [];
  const accepting = { retry: async () => ({ job_id: 'new' }), limit: done, delete: done, cancel: done };
  await call(loggedJobs(accepting as unknown as JobService, (about) => lines.push(about)));
  expect(lines).toEqual([{ job_id, tenant_id: 'tenant-a' }]);
});

test('a change that is refused is not logged', async () => {
  const lines: object[] = [];
  const refusing = { delete: async () => Promise.reject(new Error('no')) } as unknown as JobService;
  await expect(loggedJobs(refusing, (about) => lines.push(about)).delete(CALLER, 'old')).rejects.toThrow(
    'no',
  );
  expect(lines).toEqual([]);
});
