import type { Rule } from './rule.ts';

/** The steps of a copy that touch the destination, and the sweep, which belongs to no copy. */
export type StepName = 'prepare' | 'transfer' | 'commit' | 'discard' | 'sweep';

/**
 * A process that carries out a step. `at` is its place in the program of the step. The process takes its next
 * action at any later moment, or never. So a worker that is slow, frozen, cut off or dead needs no action of
 * its own. If `at` begins with `~`, a request is under way that the store carries out at any later moment.
 */
export interface Attempt {
  /** The number of the attempt, which grows over all runs of the job. */
  readonly number: number;
  readonly step: StepName;
  readonly run: number;
  /** The number of the image id that the attempt makes. It is 0 unless each run has an id of its own. */
  readonly place: number;
  /** The version of the source that its run has inspected. */
  readonly version: number;
  /** For a discard: true if it also undoes a commit. */
  readonly committing: boolean;
  /** The place in its program. `ok`, `adopted`, `spoilt`, `lost` and `gone` are ends. */
  readonly at: string;
  /** What the attempt remembers of the store. */
  readonly seen: string;
  /** True if nobody waits for the attempt any more. A request that it has sent may still arrive. */
  readonly abandoned?: true;
}

/**
 * The claim of a job to a committed image, as the runs that Temporal knows show it:
 * - `owned`: a run has ended as replicated;
 * - `undoable`: no run has ended as replicated, but one has come to its commit;
 * - `foreign`: no run has come to its commit;
 * - `unknown`: Temporal has forgotten a run.
 */
export type Claim = 'owned' | 'undoable' | 'foreign' | 'unknown';

/** What an attempt can find out about the rest of the world. */
export interface Surroundings {
  /** True if no run of the job's chain is open. Temporal may have forgotten the chain. */
  readonly isClosed: boolean;
  /** True if Temporal has not forgotten the job. */
  readonly isKnown: boolean;
  readonly claim: Claim;
  /** True if a clean-up may undo a commit. */
  readonly undoes: boolean;
  /** True if Temporal confirms that the attempt may remove something. */
  readonly mayRemove: boolean;
}

/** One atomic action of an attempt: its effect on the store, and the next place of the attempt. */
export interface Move<Store> {
  readonly label: string;
  readonly store: Store;
  readonly at: string;
  readonly seen?: string;
  readonly committing?: boolean;
}

/** Returns the moves of one attempt at one store. */
export type Go<Store> = (label: string, at: string, store?: Store, seen?: string) => Move<Store>[];

/** Returns a function that makes moves. If `store` or `seen` is left out, it stays as it was. */
export function moves<Store>(before: Store, attempt: Attempt): Go<Store> {
  return (label, at, store = before, seen = attempt.seen) => [{ label, store, at, seen }];
}

/**
 * Returns the moves of a removal that waits until the chain of the job is closed. Before that, there are no
 * moves. `committing` of a move says whether the removal may still undo a commit.
 */
export function onceClosed<Store>(
  found: readonly Move<Store>[],
  rule: Rule,
  { committing }: Attempt,
  { isClosed, undoes }: Surroundings,
): Move<Store>[] {
  if (!isClosed) return [];
  return found.map((move) => ({ ...move, committing: rule.cleanUpSpares ? undoes : committing }));
}

/** What everybody can see of an image id. */
export interface View {
  readonly image: { readonly mark: string; readonly whole: boolean } | null;
  /**
   * The unfinished image: whose mark it has, whether it can no longer become whole, and which attempt makes
   * it.
   */
  readonly making: { readonly mark: string; readonly doomed: boolean; readonly by: number } | null;
}

/** A store as an abstract machine, with the programs of the steps on it. */
export interface StoreModel<Store> {
  readonly initial: Store;
  act(store: Store, attempt: Attempt, around: Surroundings): readonly Move<Store>[];
  view(store: Store): View;
  /** Names something that nobody will ever need or remove, or returns `null` if there is nothing. */
  leftover(store: Store): string | null;
  /** Lets the other job reserve the id. Returns `null` if the store refuses. */
  reserve(store: Store): Store | null;
  /** Lets the other job finish its image. */
  finish(store: Store): Store;
  /** Removes from the model what nobody can reach any more. */
  tidy(store: Store, attempts: readonly Attempt[]): Store;
}
