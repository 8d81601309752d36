/** Tests that all followers of a job share one look at it. */
import { expect, test } from 'vitest';
import { followJobs } from '../../src/job-service/follow.ts';
import { JobError, type JobView, OPERATOR } from '../../src/job-service/index.ts';
import { jobView } from '../api/job-view.ts';

const OWNER = { tenant_id: 'a-project' };
const EVERY = 5;

/** Makes a follower of jobs that gets its views from `look`, and counts the looks. */
function rig(look: (count: number) => JobView | Error | Promise<JobView>) {
  const seen = { looks: 0, signal: undefined as AbortSignal | undefined };
  const follow = followJobs(async (_jobId, signal) => {
    seen.looks += 1;
    seen.signal = signal;
    const view = await look(seen.looks);
    if (view instanceof Error) throw view;
    return view;
  }, EVERY);
  return { follow, seen };
}

/** Expects that nobody looks at the job any more, but for a look that is under way. */
async function expectNoLook(seen: { readonly looks: number }): Promise<void> {
  const then = seen.looks;
  await new Promise((resolve) => setTimeout(resolve, 5 * EVERY));
  expect(seen.looks).toBe(then);
}

test('a thousand followers of a job share each look, and all are told what it finds', async () => {
  const { follow, seen } = rig((count) => jobView('j', { bytes_copied: count }));
  const told = Array.from({ length: 1000 }, () => 0);
  const all = told.map((_, index) =>
    follow(OWNER, 'j', (view) => {
      told[index] = view?.bytes_copied ?? -1;
    }),
  );
  expect(seen.looks).toBe(1);
  const followings = await Promise.all(all);
  expect(followings.every(({ view }) => view.bytes_copied === 1)).toBe(true);
  await expect.poll(() => seen.looks).toBeGreaterThan(3);
  expect(new Set(told)).toEqual(new Set([told[0]]));
  for (const { leave } of followings.slice(1)) leave();
  const then = seen.looks;
  await expect.poll(() => seen.looks).toBeGreaterThan(then);
  followings[0]?.leave();
  await expectNoLook(seen);
});

test('when the last follower leaves, the look under way is aborted and nothing is told', async () => {
  const { promise: never } = Promise.withResolvers<JobView>();
  const { follow, seen } = rig((count) => (count === 1 ? jobView('j') : never));
  const told: unknown[] = [];
  const { leave } = await follow(OWNER, 'j', (view) => void told.push(view));
  await expect.poll(() => seen.looks).toBe(2);
  leave();
  expect(seen.signal?.aborted).toBe(true);
  expect(told).toEqual([]);
});

test('after the last state of a job there is no further look', async () => {
  const last = jobView('j', { status: 'replicated' });
  const { follow, seen } = rig((count) => (count < 3 ? jobView('j') : last));
  const told: (JobView | null)[] = [];
  await follow(OWNER, 'j', (view) => void told.push(view));
  await expect.poll(() => told.at(-1)).toBe(last);
  await new Promise((resolve) => setTimeout(resolve, 5 * EVERY));
  expect(seen.looks).toBe(3);
  expect((await follow(OWNER, 'j', () => undefined)).view).toBe(last);
});

test('a stranger gets the error for a missing job, and does not count as a follower', async () => {
  const { follow, seen } = rig(() => jobView('j'));
  await expect(follow({ tenant_id: 'stranger' }, 'j', () => undefined)).rejects.toMatchObject({
    code: 'not_found',
    message: 'there is no job j',
  });
  await expectNoLook(seen);
  const owner = await follow(OWNER, 'j', () => undefined);
  await expect(follow({ tenant_id: 'stranger' }, 'j', () => undefined)).rejects.toThrow('there is no job');
  expect((await follow(OPERATOR, 'j', () => undefined)).view).toBe(owner.view);
  const then = seen.looks;
  await expect.poll(() => seen.looks).toBeGreaterThan(then);
});

test('while Temporal does not answer, followers are told nothing; once the job is gone, they are told null', async () => {
  const away = new JobError('unavailable', 'away');
  const gone = new JobError('not_found', 'gone');
  const looks = [jobView('j'), away, away, away];
  const { follow, seen } = rig((count) => looks[count - 1] ?? gone);
  const told: unknown[] = [];
  await follow(OWNER, 'j', (view) => void told.push(view));
  await expect.poll(() => told).toEqual([null]);
  expect(seen.looks).toBe(5);
});

test('if the first look fails, every follower is rejected, and a later one looks again', async () => {
  const { follow } = rig((count) => (count === 1 ? new JobError('unavailable', 'away') : jobView('j')));
  const both = [follow(OWNER, 'j', () => undefined), follow(OWNER, 'j', () => undefined)];
  for (const { status } of await Promise.allSettled(both)) expect(status).toBe('rejected');
  expect((await follow(OWNER, 'j', () => undefined)).view.job_id).toBe('j');
});

test('what each look adds to its signal does not outlive the look', async () => {
  const signals = new Set<AbortSignal>();
  let looks = 0;
  const follow = followJobs(async (_jobId, signal) => {
    looks += 1;
    signals.add(signal);
    return jobView('j');
  }, EVERY);
  const { leave } = await follow(OWNER, 'j', () => undefined);
  await expect.poll(() => looks).toBeGreaterThan(5);
  leave();
  expect(signals.size).toBe(looks);
});
