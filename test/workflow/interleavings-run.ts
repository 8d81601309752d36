import { randomUUID } from 'node:crypto';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { JobService } from '../../src/job-service/index.ts';
import { sweepStores } from '../../src/sweep/index.ts';
import { until } from '../support/until.ts';
import type { Job, Rig } from '../support/workflow-rig.ts';
import { standing } from '../support/workflow-standing.ts';
import type { Case } from './interleavings-case.ts';
import { hooksAlong } from './interleavings-hooks.ts';
import { type Known, type Run, wrongFolders, wrongImage, wrongRun } from './interleavings-rules.ts';
import { Story } from './interleavings-story.ts';
import { recordOf, type Watch, watchJob } from './interleavings-watch.ts';

/** Matches the deeds that keep a copy from being made. Without any of them, every job ends as replicated. */
const SPOILING = /^(cancel|force|terminate|fail for good)/;

interface Told {
  readonly rig: Rig;
  readonly story: Story;
  readonly job: Job;
  readonly mark: string;
  readonly watch: Watch;
}

/** Leads a job through its case. Throws an error that lists every broken rule. */
export async function goThrough(rig: Rig, jobs: JobService, way: Case): Promise<void> {
  const workflowId = randomUUID();
  const story = new Story({ client: rig.client, jobs, workflowId }, way);
  const { job, mark } = await startJob(rig, story, way, workflowId);
  const watch = watchJob(rig.client, workflowId, mark);
  const told = { rig, story, job, mark, watch };
  const problems: string[] = [];
  try {
    problems.push(...(await lead(told)));
  } catch (error) {
    problems.push(String(error));
  }
  await story.wakeAll().catch((error) => problems.push(String(error)));
  await watch.stop();
  problems.push(...(await judge(told)));
  if (problems.length > 0) throw new Error([...problems, 'What has happened:', ...story.log].join('\n  '));
}

async function startJob(rig: Rig, story: Story, way: Case, workflowId: string) {
  const { unheard, bytes } = way;
  const queue = unheard === null ? {} : { taskQueue: `unheard-${workflowId}` };
  const started = await rig.startJob({ workflowId, size: bytes, ...hooksAlong(story, way), ...queue });
  // This handle has no run id, so that it follows resets.
  const job: Job = { ...started, handle: rig.client.workflow.getHandle(workflowId) };
  const mark = (await job.handle.describe()).runId;
  if (unheard === null) return { job, mark };
  story.deeds.push(unheard);
  story.note(`before any worker has heard of it: ${unheard}`);
  const doing = story.do(unheard, mark);
  // An update waits for the answer of a worker.
  if (!unheard.endsWith('update')) await doing;
  await rig.workers.startWorkflows(queue.taskQueue);
  await doing;
  return { job, mark };
}

/** Leads a job to its last end. Frozen attempts may wake only after that. */
async function lead(told: Told): Promise<string[]> {
  const { rig, story, job, mark, watch } = told;
  const problems: string[] = [];
  // The next run may itself be reset before the watch looks. The watch then sees only a later run.
  const untilAfter = (runId: string) => until(() => watch.last()?.runId !== runId);
  for (;;) {
    const closed = await until(() => watch.last()?.isClosed && watch.last());
    const runs = await runsOf(rig.client, watch);
    for (const id of runs.flatMap(({ cleanUps }) => cleanUps)) await cleanUp(rig.client, id);
    const { runId, closeTime } = await job.handle.describe();
    if (runId !== closed.runId || closeTime === undefined) {
      await untilAfter(closed.runId);
      continue;
    }
    const last = runs.at(-1);
    story.note(`closed as ${last?.closed}`);
    const wrong = wrongImage(runs, await standing(rig, job, mark), knownOf(told));
    problems.push(...wrong.map((what) => `at its end: ${what}`));
    const deed = story.nextAtItsEnd();
    if (deed === undefined) return problems;
    await story.do(deed);
    if ((await job.handle.describe()).runId !== runId) await untilAfter(runId);
  }
}

/** Waits for the end of a clean-up, if there is one. A job that was terminated may not have started it. */
async function cleanUp(client: Client, workflowId: string): Promise<void> {
  await client.workflow
    .getHandle(workflowId)
    .result()
    .catch((error) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
}

/** Checks every rule once nothing happens any more. */
async function judge(told: Told): Promise<string[]> {
  const { rig, story, job, mark, watch } = told;
  const runs = await runsOf(rig.client, watch);
  const last = runs.at(-1);
  const problems = runs.flatMap((run, index) =>
    wrongRun(run, watch.seen.get(run.runId) ?? []).map((what) => `run ${index + 1}: ${what}`),
  );
  for (const { deed, runId } of story.accepted) {
    const closed = runs.find((run) => run.runId === runId)?.closed;
    // A reset also closes a run as terminated.
    if (closed !== 'CANCELLED' && closed !== 'TERMINATED')
      problems.push(`${deed} was accepted, and: ${closed}`);
  }
  if (!story.deeds.some((deed) => SPOILING.test(deed)) && last?.closed !== 'COMPLETED')
    problems.push(`nothing has spoilt the copy, and: ${last?.closed} (${last?.details?.fault?.message})`);
  if (last?.closed === 'TERMINATED') await sweep(told);
  const stands = await standing(rig, job, mark);
  story.note(`in the end ${JSON.stringify(stands)}`);
  const wrong = [...wrongImage(runs, stands, knownOf(told)), ...wrongFolders(stands, job.copyId)];
  return [...problems, ...wrong.map((what) => `in the end: ${what}`)];
}

function knownOf({ job, story }: Told): Known {
  return { sha512: job.image.os_hash_value, isCommitBegun: story.isCommitBegun };
}

/** Returns all runs in their order: those that were seen, and those from which they were reset. */
async function runsOf(client: Client, { seen, workflowId }: Watch): Promise<Run[]> {
  const runs = new Map<string, Run>();
  const read = async (runId: string): Promise<void> => {
    if (runs.has(runId)) return;
    const run = await recordOf(client, workflowId, runId);
    runs.set(runId, run);
    if (run.resetFrom !== undefined) await read(run.resetFrom);
  };
  for (const runId of seen.keys()) await read(runId);
  return [...runs.values()].toSorted((a, b) => a.started.getTime() - b.started.getTime());
}

/** Removes what is left of this job. Leaves alone the jobs that run beside it. */
async function sweep({ rig, mark }: Told): Promise<void> {
  const region = rig.deployment.regions.get('ot2');
  if (region === undefined) throw new Error('there is no such region');
  const { store } = region;
  const leftovers: typeof store.leftovers = async function* (ended) {
    for await (const leftover of store.leftovers(ended)) if (leftover.mark === mark) yield leftover;
  };
  const only = { ...region, store: { ...store, leftovers } };
  for await (const _ of sweepStores(rig.client, only, { dry_run: false, grace: 0 }));
}
