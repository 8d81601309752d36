/** The part of a run by which `lastRuns` tells which run of a workflow is the last one. */
export interface ListedRun {
  readonly workflowId: string;
  readonly startTime: Date;
  readonly closeTime?: Date | undefined;
}

/** Returns the last run of each workflow in a list, and leaves out the runs that resets have ended. */
export function lastRuns<Run extends ListedRun>(runs: readonly Run[]): readonly Run[] {
  const last = new Map<string, Run>();
  for (const run of runs) {
    const other = last.get(run.workflowId);
    if (other === undefined || isLater(run, other)) last.set(run.workflowId, run);
  }
  return [...last.values()];
}

/** Tells whether a run has closed, or will close, after another run of the same workflow. */
function isLater(run: ListedRun, other: ListedRun): boolean {
  const end = ({ closeTime }: ListedRun) => closeTime?.getTime() ?? Number.POSITIVE_INFINITY;
  return end(run) === end(other) ? run.startTime > other.startTime : end(run) > end(other);
}
