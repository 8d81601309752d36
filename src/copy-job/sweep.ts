/** Name of the workflow that removes leftovers of jobs from a region. */
export const SWEEP_REGION = 'sweepRegion';

/** Input of the workflow `sweepRegion`. */
export interface SweepRequest {
  readonly region: string;
  /** The Task Queue of the activity that searches the region's store. */
  readonly task_queue: string;
  /** `true` if the sweep only lists what it would remove. */
  readonly dry_run: boolean;
  /** How long a leftover is left alone after its last change; milliseconds. */
  readonly grace: number;
}

/** The result of a sweep. */
export interface SweepReport {
  readonly found: number;
  readonly removed: number;
  readonly bytes_removed: number;
  /** The first hundred findings, one by one. */
  readonly findings: readonly unknown[];
}
