/** A job by its mark: `a` is the one that is checked, `b` another one that wants the same image id. */
export type Mark = 'a' | 'b';

/** The steps of a copy that touch the destination, and the sweep, which is nobody's step. */
export type StepName = 'prepare' | 'transfer' | 'commit' | 'discard' | 'sweep';

/**
 * A process that carries out a step. Its `at` is where in the step's program it stands: it takes its next action at any
 * later moment, or never. So a worker that is slow, frozen, cut off or dead needs no action of its own, and a request that
 * was sent is one that its attempt has still to take.
 */
export interface Attempt {
  /** Grows along all runs of the job (the design: Temporal's schedule time of the attempt). */
  readonly number: number;
  readonly step: StepName;
  readonly run: number;
  /** The bytes of the source that its run has inspected. */
  readonly version: number;
  /** A discard's: it undoes a commit of its own run. */
  readonly committing: boolean;
  /** A commit's: the number of the transfer that has filled what it is to commit. */
  readonly filled: number;
  /** Where it stands; `ok`, `adopted`, `lost` and `gone` are ends. */
  readonly at: string;
  /** What it has seen there, and holds on to. */
  readonly seen: string;
  /** Nobody waits for it any more, but a request of its may still arrive. */
  readonly abandoned?: true;
}

/** What an attempt can find out about the rest of the world. */
export interface Surroundings {
  /** A heartbeat would be answered: the attempt is the one that the server waits for. */
  readonly hasLease: boolean;
  /** No run of the job's chain is open. */
  readonly isClosed: boolean;
  /** The attempt's run is the last one of the chain. */
  readonly isLastRun: boolean;
  /** R5, R7: it may still remove: it has the lease; a clean-up's or a sweep's chain is closed. */
  readonly mayRemove: boolean;
}

/** One atomic action of an attempt: what it does to the store, and where the attempt stands then. */
export interface Move<Store> {
  readonly label: string;
  readonly store: Store;
  readonly at: string;
  readonly seen?: string;
}

/** What anybody can see of the image id. */
export interface View {
  readonly image: { readonly mark: string; readonly whole: boolean; readonly by: number } | null;
  /** What is in the making, by which attempt it was made, and whether it may still become an image. */
  readonly making: { readonly mark: string; readonly doomed: boolean; readonly by: number } | null;
}

/** A store as an abstract machine, with the programs of the steps on it. */
export interface StoreModel<Store> {
  readonly initial: Store;
  act(store: Store, attempt: Attempt, around: Surroundings): readonly Move<Store>[];
  view(store: Store): View;
  /** What of it nobody will ever need or remove, in words; `null` where there is nothing. */
  leftover(store: Store): string | null;
  /** The other job reserves the id, where the store lets it. */
  reserve(store: Store): Store | null;
  /** The other job finishes its image. */
  finish(store: Store): Store;
  /** Forgets what nobody can reach. */
  tidy(store: Store, attempts: readonly Attempt[]): Store;
}
