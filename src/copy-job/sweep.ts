/** Name of the workflow that removes what jobs have left behind in a region. */
export const SWEEP_REGION = 'sweepRegion';

/** Input of the workflow `sweepRegion`. */
export interface SweepRequest {
  readonly region: string;
  /** Where the activities run that touch the region's store. */
  readonly task_queue: string;
  /** Only lists what it would remove. */
  readonly dry_run: boolean;
  /** Milliseconds for which anything is left alone that was changed. */
  readonly grace: number;
}

/** What a sweep has found. */
export interface SweepReport {
  readonly found: number;
  readonly removed: number;
  readonly bytes_removed: number;
  /** The first hundred, one by one. */
  readonly findings: readonly unknown[];
}
