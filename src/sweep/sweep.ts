import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Region, Regions } from '../config/index.ts';
import { CLEAN_UP, COPY_IMAGE, jobInMemo, searchAttributes } from '../copy-job/index.ts';
import { type DestinationRef, type Leftover, StoreError } from '../stores/index.ts';
import { allOf, anyOf, attribute, firstRunOf, listWorkflows, visibility } from '../temporal/index.ts';
import { retentionOf } from './retention.ts';
import { ownerOf, verdictOn } from './verdict.ts';

export interface SweepOptions {
  /** `true` if the sweep only lists what it would remove. */
  readonly dry_run: boolean;
  /** How long a leftover is left alone after its last change; milliseconds. */
  readonly grace: number;
}

/** A leftover that a sweep has found, and what the sweep has done with it. */
export interface SweepFinding {
  readonly region: string;
  readonly kind: Leftover['kind'];
  readonly place: string;
  readonly bytes: number;
  /** The time since the leftover's last change; milliseconds. */
  readonly age: number;
  /** The workflow id of the job that made it, or `null` if that is not known. */
  readonly job: string | null;
  readonly outcome: 'removed' | 'would be removed' | 'kept';
  readonly why: string;
}

/**
 * Searches the stores of a region for leftovers of jobs. Removes those that no job needs any more, unless
 * this is a dry run. Yields every leftover that was found, removed or not. If some cannot be looked at or
 * removed, goes on with the others, and throws the first error at the end.
 */
export async function* sweepStores(
  client: Client,
  region: Region,
  options: SweepOptions,
): AsyncGenerator<SweepFinding> {
  const retention = await retentionOf(client);
  const failures: StoreError[] = [];
  for await (const leftover of leftoversOf(client, region, failures)) {
    const age = Date.now() - leftover.changed.getTime();
    const times = { age, grace: options.grace, retention };
    const judge = async () => {
      const owner = await ownerOf(client, leftover.mark, { isOld: age > retention });
      return { job: owner.job, ...verdictOn(leftover, owner, times) };
    };
    const { job, removable, why } = await judge();
    // Since the first verdict, a reset may have opened the job again.
    const confirm = async () => {
      const now = await judge();
      if (!now.removable) throw new StoreError('conflict', now.why);
    };
    const { kind, place, bytes } = leftover;
    const found = { region: region.name, kind, place, bytes, age, job };
    if (!removable) yield { ...found, outcome: 'kept', why };
    else if (options.dry_run) yield { ...found, outcome: 'would be removed', why };
    else yield { ...found, ...(await removal(() => leftover.remove(confirm), why, failures)) };
  }
  if (failures[0] !== undefined) throw failures[0];
}

/** Removes a leftover, and returns how that ended. Adds the error of a store to the failures. */
async function removal(
  remove: () => Promise<boolean>,
  why: string,
  failures: StoreError[],
): Promise<Pick<SweepFinding, 'outcome' | 'why'>> {
  try {
    if (await remove()) return { outcome: 'removed', why };
    return { outcome: 'kept', why: 'somebody has taken it up' };
  } catch (error) {
    return { outcome: 'kept', why: `it could not be removed: ${noted(failures, error).message}` };
  }
}

/** Adds a store's error to the failures, and returns it. Throws every other error. */
function noted(failures: StoreError[], error: unknown): StoreError {
  if (!(error instanceof StoreError)) throw error;
  failures.push(error);
  return error;
}

/** Returns the regions to sweep: the named one, or all. */
export function regionsOf(regions: Regions, name: string | undefined): readonly Region[] {
  return [...regions.values()].filter((region) => name === undefined || region.name === name);
}

async function* leftoversOf(
  client: Client,
  { name, store, objectsOnly }: Region,
  failures: StoreError[],
): AsyncGenerator<Leftover> {
  const noting = async function* (leftovers: AsyncIterable<Leftover>): AsyncGenerator<Leftover> {
    try {
      yield* leftovers;
    } catch (error) {
      noted(failures, error);
    }
  };
  // A file share is not searched for images: its tenants can write files that look like leftovers of an
  // image.
  if (!objectsOnly) yield* noting(store.leftovers(endedFromOutside(client, name)));
  if (store.objects !== undefined) yield* noting(store.objects.leftovers());
}

/**
 * Lists the images of copy jobs and clean-ups that were terminated, or that Temporal has ended by a timeout,
 * and of clean-ups of an earlier version that were cancelled. Such a workflow could not remove its leftovers.
 */
async function* endedFromOutside(client: Client, region: string): AsyncGenerator<DestinationRef> {
  const { destinationRegion } = searchAttributes;
  const terms = [
    visibility`WorkflowType IN (${COPY_IMAGE}, ${CLEAN_UP})`,
    visibility`${attribute(destinationRegion.name)} = ${region}`,
    anyOf([
      visibility`ExecutionStatus IN ('Terminated', 'TimedOut')`,
      visibility`WorkflowType = ${CLEAN_UP} AND ExecutionStatus = 'Canceled'`,
    ]),
  ];
  for await (const execution of listWorkflows(client, allOf(terms))) {
    const job = execution.type === CLEAN_UP ? await parentOf(client, execution) : execution;
    const ref = job && (await refOf(client, job));
    if (ref !== undefined) yield ref;
  }
}

/** Returns the run of a job that has started a clean-up, or `undefined` if Temporal has forgotten the run. */
async function parentOf(
  client: Client,
  { parentExecution: job }: WorkflowExecutionInfo,
): Promise<WorkflowExecutionInfo | undefined> {
  if (job?.workflowId == null || job.runId == null) return undefined;
  const thatRun = visibility`WorkflowId = ${job.workflowId} AND RunId = ${job.runId}`;
  for await (const run of listWorkflows(client, thatRun)) return run;
  return undefined;
}

/**
 * Returns a reference to the image of a job. Returns `undefined` if the job copies a plain object: each store
 * finds the leftovers of its objects by itself.
 */
async function refOf(
  client: Client,
  { memo, searchAttributes: attributes, workflowId, runId }: WorkflowExecutionInfo,
): Promise<DestinationRef | undefined> {
  const job = jobInMemo(memo);
  const [image_id] = (attributes[searchAttributes.destinationImage.name] ?? []) as string[];
  if (job === undefined || job.objects || image_id === undefined) return undefined;
  return {
    image_id,
    tenant_id: job.destination_tenant_id ?? null,
    mark: await firstRunOf(client, { workflow_id: workflowId, run_id: runId }),
    digests: { sha512: null, md5: null },
  };
}
