import { isFinal, type JobStatus } from '../../src/copy-job/index.ts';
import type { JobView } from '../../src/job-service/index.ts';
import { badTransitions, fallingProgress, unended, wrongImages } from './invariants.ts';
import { sweep } from './sweep.ts';
import type { Expected, Stage } from './trial.ts';

/** The result of a trial. */
export interface Verdict {
  /** The promises that were broken. The list is empty if the trial has passed. */
  readonly problems: readonly string[];
  /** Observations that are not faults, but worth knowing. */
  readonly notes: readonly string[];
}

/** Judges what is left, after every process has been woken and nothing changes any more. */
export async function judge(stage: Stage, expected: Expected): Promise<Verdict> {
  const { destination, image, jobId, watch, deployment, terminated } = stage;
  await watch.stop();
  const job = JSON.parse((await deployment.command('--json', 'show', jobId)).stdout) as JobView;
  const notes: string[] = [];
  const id = idOfCopy(stage, job);
  const unseen = expected.unseen === true && job.verified_by === 'none';
  const wanted = { id, sha512: (unseen ? job.sha512 : null) ?? image.sha512 };
  const ids = [...new Set([jobId, id])].filter((each) => each !== '');
  let left = await destination.look(ids);
  if (expected.sweep) {
    if (left.rest.length > 0) notes.push(`left for a sweep: ${left.rest.join(', ')}`);
    await sweep(stage);
    left = await destination.look(ids);
  }
  // There are two known limits: nobody undoes a commit if the job was terminated, or if the copy of an object
  // was cancelled.
  const mayStand = terminated || (destination.objects && job.status === 'canceled');
  const allowed = mayStand ? image.sha512 : null;
  const revived = left.rest.filter((name) => isRevived(stage, name));
  if (revived.length > 0) notes.push(`brought back by the server: ${revived.join(', ')}`);
  const unheard = left.rest.filter((name) => expected.unheard === true && name.startsWith('upload '));
  if (unheard.length > 0) notes.push(`left for a day: ${unheard.join(', ')}`);
  const excused = new Set([...revived, ...unheard]);
  const problems = [
    ...(await otherJobs(stage)),
    ...unended(job.status, endsOf(stage, expected)),
    ...badTransitions(watch.seen, { again: expected.again ?? false, terminated }),
    ...(expected.again || terminated ? [] : fallingProgress(watch.seen)),
    ...(isFinal(job.status) ? wrongImages(job.status, wanted, stage.old, left, allowed) : []),
    ...left.rest.filter((name) => !excused.has(name)).map((name) => `left at the destination: ${name}`),
    ...(expected.sourceSpoilt ? [] : await touchedSource(stage)),
  ];
  if (job.status === 'replicated' && job.sha512 !== wanted.sha512)
    problems.push(`the job tells another sha512: ${job.sha512}`);
  if (problems.length > 0 && job.fault !== null) notes.push(`fault: ${job.fault.code}: ${job.fault.message}`);
  return { problems, notes };
}

/**
 * Returns the id of the copy. A replicated job names it. An object has the id of its source. Otherwise the id
 * is unknown, and the result is empty.
 */
function idOfCopy({ destination, image }: Stage, job: JobView): string {
  if (job.status === 'replicated') return job.destination_image_id ?? '';
  return destination.objects ? image.id : '';
}

async function touchedSource({ source, image }: Stage): Promise<string[]> {
  const { images, rest } = await source.look([]);
  const isSame = images.some((each) => each.id === image.id && each.sha512 === image.sha512);
  return isSame && images.length === 1 && rest.length === 0 ? [] : ['the source was touched'];
}

/**
 * Tells whether an entry is an upload that was completed or aborted before. When a part of such an upload
 * arrives late, the server may bring the upload back. A sweep removes it once it is old enough.
 */
function isRevived({ workers }: Stage, name: string): boolean {
  return workers.some(({ destination }) =>
    [...(destination?.closedUploads ?? [])].some((id) => name.startsWith('upload ') && name.endsWith(id)),
  );
}

/**
 * Returns the statuses with which the job may end. If an operator has terminated the job, that decides.
 * Otherwise an accepted cancel decides.
 */
function endsOf({ terminated, cancelAccepted }: Stage, { ends }: Expected): readonly JobStatus[] {
  if (terminated) return ['error'];
  return cancelAccepted ? ['canceled'] : ends;
}

/**
 * Lists the jobs of the trial other than its own. There must be none, however often the job was requested.
 */
async function otherJobs({ deployment: { client }, jobId }: Stage): Promise<string[]> {
  const others = new Set<string>();
  for await (const { workflowId } of client.workflow.list({ query: "WorkflowType = 'copyImage'" })) {
    if (workflowId !== jobId) others.add(workflowId);
  }
  return [...others].map((id) => `another job: ${id}`);
}
