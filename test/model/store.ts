/** The steps of a copy that touch the destination, and the sweep, which is nobody's step. */
export type StepName = 'prepare' | 'transfer' | 'commit' | 'discard' | 'sweep';

/**
 * A process that carries out a step. Its `at` is where in the step's program it stands: it takes its next
 * action at any later moment, or never. So a worker that is slow, frozen, cut off or dead needs no action of
 * its own. Where `at` begins with `~`, a request is under way that the store carries out when it likes.
 */
export interface Attempt {
  /** Grows along all runs of the job. */
  readonly number: number;
  readonly step: StepName;
  readonly run: number;
  /** Which image id it is about: 0 unless runs have ids of their own. */
  readonly place: number;
  /** The bytes of the source that its run has inspected. */
  readonly version: number;
  /** A discard's: it undoes a commit too. */
  readonly committing: boolean;
  /** The place at which the attempt stands; `ok`, `adopted`, `lost` and `gone` are ends. */
  readonly at: string;
  /** What it has seen there, and holds on to. */
  readonly seen: string;
  /** Nobody waits for it any more, but a request of its may still arrive. */
  readonly abandoned?: true;
}

/** The facts that an attempt can find out about the rest of the world. */
export interface Surroundings {
  /** No run of the job's chain is open. */
  readonly isClosed: boolean;
  /** A run has ended as replicated, or one later than the attempt's was terminated. */
  readonly isOwned: boolean;
}

/** One atomic action of an attempt: what it does to the store, and where the attempt stands then. */
export interface Move<Store> {
  readonly label: string;
  readonly store: Store;
  readonly at: string;
  readonly seen?: string;
  readonly committing?: boolean;
}

/** Makes moves of one attempt at one store. */
export type Go<Store> = (label: string, at: string, store?: Store, seen?: string) => Move<Store>[];

/** Moves that change nothing but what they say. */
export function moves<Store>(before: Store, attempt: Attempt): Go<Store> {
  return (label, at, store = before, seen = attempt.seen) => [{ label, store, at, seen }];
}

/** The state of the image id that anybody can see. */
export interface View {
  readonly image: { readonly mark: string; readonly whole: boolean } | null;
  /** What is in the making, which attempt has it, and whether it may still become an image. */
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
