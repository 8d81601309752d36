/** An event that ends a run in the eyes of an attempt that was given up. */
type Ended = 'closed' | 'reset' | 'paused';

/** The rules that the code obeys. Each is one mending; if it is switched off, its counter-example is back. */
export interface Rule {
  /** Which attempts remove what they have made when they were given up, and find that their run has ended. */
  readonly removeWhenGivenUp: readonly ('prepare' | 'transfer')[];
  /** The events that such an attempt takes for the end of its run. */
  readonly takesForEnded: readonly Ended[];
  /** What is in the making has a fence, which moves by compare-and-swap; a discard dooms first. */
  readonly fenced: boolean;
  /** A discard leaves alone what is committed, unless it undoes that very commit. */
  readonly sparesCommitted: boolean;
  /** A request that commits is not abandoned by a cancel. */
  readonly awaitsAnswers: boolean;
  /** The clean-up after a force acts only while the chain of runs is closed. */
  readonly cleansClosedOnly: boolean;
  /** It leaves a committed image alone that is somebody's already. */
  readonly cleanUpSpares: boolean;
  /** A sweep removes exactly what it has listed, and only as long as it is in the making. */
  readonly sweepsWhatWasListed: boolean;
  /**
   * A run after a reset undoes what an earlier one has made and committed, unless one of them was replicated.
   */
  readonly undoesEarlierRuns: boolean;
  /** A commit takes only what a transfer has left whole. */
  readonly commitsWholeOnly: boolean;
  /** Each run of a job makes the same image id. */
  readonly keepsItsId: boolean;
  /** Directory: a start over forgets its journal, and cuts nothing off. */
  readonly keepsBytes: boolean;
  /** Directory: a commit looks at its fence when it has written the record, and takes that back. */
  readonly looksAfterRecord: boolean;
  /** Directory: a start over leaves alone the note of a later attempt that all is whole. */
  readonly numbersNotes: boolean;
  /** Directory: at the image's path, a folder without a record is finished, and not taken for committed. */
  readonly finishesAtImage: boolean;
  /** Directory: a sweep removes files that bear nobody's mark, when they are old. */
  readonly sweepsUnmarked: boolean;
  /** Directory: also where an image would be, if there is no record. */
  readonly sweepsUnmarkedImages: boolean;
  /** Directory: a commit looks right before its rename whether the path still leads to its folder. */
  readonly looksBeforeRename: boolean;
  /** S3: a commit whose job object is gone after its record was written takes the record back. */
  readonly takesBack: boolean;
  /** S3: data is put together only where there is none. */
  readonly completesIfAbsent: boolean;
  /** S3: each DELETE says which version it means. */
  readonly deletesIfMatch: boolean;
  /**
   * S3: a DELETE expires. Whoever takes a removal over waits for that before anything new may come.
   */
  readonly deletesExpire: boolean;
  /**
   * S3: right before a DELETE, after it has seen what is there, it looks whether its doomed job object still
   * stands.
   */
  readonly looksAgain: boolean;
  /** S3: a commit that finds a record writes its own over it, by If-Match. */
  readonly replacesRecord: boolean;
  /**
   * S3: data bears the number of the attempt that has reserved the place, as the job object does. Other data
   * is in the way.
   */
  readonly numbersData: boolean;
  /** S3: so does the record. One that bears another number does not count, and may not stay. */
  readonly numbersRecords: boolean;
  /** What no mending prevents. Assumed not to happen, except where a test shows it. */
  readonly limits: Limits;
}

/** The named limits. */
export interface Limits {
  /** Directory: a commit is frozen between its last look at the path and the rename. */
  readonly frozenBeforeRename: boolean;
  /** S3: a process dies right after it has written a record late. */
  readonly diesAfterLateRecord: boolean;
}

const NO_LIMITS: Limits = { frozenBeforeRename: false, diesAfterLateRecord: false };

/** The code as it was: by the mark alone. */
export const OLD: Rule = {
  removeWhenGivenUp: ['prepare', 'transfer'],
  takesForEnded: ['closed', 'reset', 'paused'],
  fenced: false,
  sparesCommitted: false,
  awaitsAnswers: false,
  cleansClosedOnly: false,
  cleanUpSpares: false,
  sweepsWhatWasListed: false,
  undoesEarlierRuns: false,
  commitsWholeOnly: false,
  keepsItsId: false,
  keepsBytes: false,
  looksAfterRecord: false,
  numbersNotes: false,
  finishesAtImage: false,
  sweepsUnmarked: false,
  sweepsUnmarkedImages: false,
  looksBeforeRename: false,
  takesBack: true,
  completesIfAbsent: false,
  deletesIfMatch: false,
  deletesExpire: false,
  looksAgain: false,
  replacesRecord: false,
  numbersData: false,
  numbersRecords: false,
  limits: NO_LIMITS,
};

/** The code as it is meant to be. */
export const NEW: Rule = {
  removeWhenGivenUp: ['prepare', 'transfer'],
  takesForEnded: ['closed'],
  fenced: true,
  sparesCommitted: true,
  awaitsAnswers: true,
  cleansClosedOnly: true,
  cleanUpSpares: true,
  sweepsWhatWasListed: true,
  undoesEarlierRuns: true,
  commitsWholeOnly: true,
  keepsItsId: true,
  keepsBytes: true,
  looksAfterRecord: true,
  numbersNotes: true,
  finishesAtImage: true,
  sweepsUnmarked: true,
  sweepsUnmarkedImages: true,
  looksBeforeRename: true,
  takesBack: true,
  completesIfAbsent: true,
  deletesIfMatch: true,
  deletesExpire: true,
  looksAgain: true,
  replacesRecord: true,
  numbersData: true,
  numbersRecords: true,
  limits: NO_LIMITS,
};
