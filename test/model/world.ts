import type { Rule } from './rule.ts';
import type { Attempt, Claim, StepName, StoreModel } from './store.ts';

/** The last run of the job, as Temporal has recorded it. */
export interface Job {
  readonly run: number;
  /** The number of the image id that this run makes. */
  readonly place: number;
  /** The highest attempt number before this run. */
  readonly since: number;
  readonly phase: 'inspect' | 'prepare' | 'transfer' | 'commit' | 'discard' | 'closed';
  readonly status: 'open' | 'replicated' | 'canceled' | 'error' | 'terminated';
  /** True if a cancel was accepted. */
  readonly cancel: boolean;
  readonly failed: boolean;
  /** True if there may be something of the job at the destination. */
  readonly made: boolean;
  /** True if the run also undoes what earlier runs have made. */
  readonly undoesEarlier: boolean;
  readonly committing: boolean;
  readonly version: number;
  /**
   * The number of the attempt that holds the lease: Temporal waits for this attempt and for no other. It is 0
   * if there is none.
   */
  readonly lease: number;
  /**
   * The last of these steps that this run has reached. A reset can go back to this step, or to an earlier
   * one.
   */
  readonly reached: 'inspect' | 'transfer' | 'commit';
  readonly paused: boolean;
  /**
   * True if the image id can no longer be used. Once everything is removed, the job makes an image with
   * another id.
   */
  readonly replacing: boolean;
}

/** How often each trouble may happen, in any order. */
export interface Troubles {
  readonly total: number;
  readonly timeouts: number;
  readonly resets: number;
  readonly cancels: number;
  readonly forces: number;
  readonly terminations: number;
  readonly failures: number;
  readonly pauses: number;
  readonly sweeps: number;
  readonly others: number;
  readonly deletions: number;
}
export type Trouble = Exclude<keyof Troubles, 'total'>;

export interface World<Store> {
  readonly job: Job;
  /** The workflow that cleans up after a cancel by force. */
  readonly cleanUp: {
    readonly state: 'none' | 'due' | 'running';
    readonly lease: number;
    readonly committing: boolean;
    readonly run: number;
    readonly place: number;
  };
  readonly attempts: readonly Attempt[];
  /** The highest attempt number so far. */
  readonly last: number;
  /** A store for each image id that runs of the job have used. */
  readonly stores: readonly Store[];
  /** The troubles that may still happen. */
  readonly left: Troubles;
  /** The state of an image that another job makes under the id of this job's first image. */
  readonly other: 'none' | 'making' | 'whole';
  /** True if a run has ended as replicated. The image then belongs to its owner. */
  readonly promised: boolean;
  /** The runs that Temporal still knows: all, all but the earlier ones, or none. */
  readonly known: 'all' | 'last' | 'none';
  /** True if Temporal knows a run that has ended as replicated. */
  readonly hasKnownOwner: boolean;
  /** True if a run has come to its commit. */
  readonly hasCommitted: boolean;
  /** The first harm that was done, in words. */
  readonly harm: string | null;
}

/** The subject of a check. */
export interface Setting<Store> {
  readonly store: StoreModel<Store>;
  readonly rule: Rule;
  readonly troubles: Troubles;
}

/** The places at which the program of an attempt has ended. */
export const ENDS: ReadonlySet<string> = new Set(['ok', 'adopted', 'spoilt', 'lost', 'gone']);

export const FIRST_RUN: Job = {
  run: 0,
  place: 0,
  since: 0,
  phase: 'inspect',
  status: 'open',
  cancel: false,
  failed: false,
  made: false,
  undoesEarlier: false,
  committing: false,
  version: 0,
  lease: 0,
  reached: 'inspect',
  paused: false,
  replacing: false,
};

export function beginning<Store>({ store, rule, troubles }: Setting<Store>): World<Store> {
  return {
    job: FIRST_RUN,
    cleanUp: { state: 'none', lease: 0, committing: false, run: 0, place: 0 },
    attempts: [],
    last: 0,
    stores: [store.initial],
    left: troubles,
    other: 'none',
    promised: false,
    known: 'all',
    hasKnownOwner: false,
    // Without the rule, a run after a reset always believes that an earlier one has come to its commit.
    hasCommitted: !rule.undoesKnownCommits,
    harm: null,
  };
}

export function hasLease<Store>(w: World<Store>, a: Attempt): boolean {
  return !a.abandoned && a.number !== 0 && (a.number === w.job.lease || a.number === w.cleanUp.lease);
}

/** Tells whether there may be one more trouble of this kind. */
export function can<Store>({ left }: World<Store>, trouble: Trouble): boolean {
  return left.total > 0 && left[trouble] > 0;
}

/** Counts a trouble of this kind. */
export function spend<Store>(w: World<Store>, trouble: Trouble): World<Store> {
  return { ...w, left: { ...w.left, total: w.left.total - 1, [trouble]: w.left[trouble] - 1 } };
}

/** Returns what the runs that Temporal knows say about a committed image. */
export function claimOf<Store>({ hasKnownOwner, known, hasCommitted }: World<Store>): Claim {
  if (hasKnownOwner) return 'owned';
  if (known !== 'all') return 'unknown';
  return hasCommitted ? 'undoable' : 'foreign';
}

export function replaced<Store>(w: World<Store>, a: Attempt, by: Attempt): World<Store> {
  return { ...w, attempts: w.attempts.map((other) => (other === a ? by : other)) };
}
export function without<Store>(w: World<Store>, a: Attempt): World<Store> {
  return { ...w, attempts: w.attempts.filter((other) => other !== a) };
}

/** Returns the next attempt at a step of the job's last run. */
export function nextAttempt<Store>(w: World<Store>, step: StepName, at: string): Attempt {
  const { run, place, version, committing } = w.job;
  return { number: w.last + 1, step, run, place, version, committing, at, seen: '' };
}

/** Removes attempts that can do nothing any more. */
export function settled<Store>({ store, rule }: Setting<Store>, w: World<Store>): World<Store> {
  const attempts = w.attempts.filter((a) => {
    if (a.at === 'gone') return false;
    if (!ENDS.has(a.at) || hasLease(w, a)) return true;
    // The attempt may still find that its run has ended.
    return a.step === 'prepare' && rule.removeWhenGivenUp.includes('prepare') && !a.abandoned;
  });
  const stores = w.stores.map((s, place) =>
    store.tidy(
      s,
      attempts.filter((a) => a.place === place),
    ),
  );
  return { ...w, attempts, stores };
}
