/** An event that may happen to a run. */
type Ended = 'closed' | 'reset' | 'paused';

/**
 * The rules that the code follows. Each prevents a fault. Without the rule, the check finds the
 * counter-example of that fault again.
 */
export interface Rule {
  /**
   * The steps whose attempts remove what they have made, if they were given up and find that their run has
   * ended.
   */
  readonly removeWhenGivenUp: readonly ('prepare' | 'transfer')[];
  /** The events by which an attempt that was given up concludes that its run has ended. */
  readonly takesForEnded: readonly Ended[];
  /**
   * An unfinished image has a fence, which moves by compare-and-swap. A discard dooms the image before it
   * removes anything.
   */
  readonly fenced: boolean;
  /** A discard leaves a committed image alone, unless it undoes that very commit. */
  readonly sparesCommitted: boolean;
  /** A cancel waits for the answer to a request that commits. */
  readonly awaitsAnswers: boolean;
  /** The clean-up after a cancel by force acts only while the chain of runs is closed. */
  readonly cleansClosedOnly: boolean;
  /**
   * The clean-up after a cancel by force leaves a committed image alone if a run has ended as replicated, or
   * if a run later than the cancelled one was terminated.
   */
  readonly cleanUpSpares: boolean;
  /** A sweep removes exactly what it has listed, and only while that is unfinished. */
  readonly sweepsWhatWasListed: boolean;
  /**
   * A run after a reset undoes what earlier runs have made and committed, unless one of them was replicated.
   */
  readonly undoesEarlierRuns: boolean;
  /** A commit accepts only data that a transfer has left whole. */
  readonly commitsWholeOnly: boolean;
  /** Each run of a job uses the same image id. */
  readonly keepsItsId: boolean;
  /** Directory: a transfer that starts over clears its journal, but does not truncate the file. */
  readonly keepsBytes: boolean;
  /**
   * Directory: after a commit has written the record, it checks its fence, and removes the record if the
   * fence has moved.
   */
  readonly looksAfterRecord: boolean;
  /** Directory: a transfer that starts over leaves alone a later attempt's note that all bytes are whole. */
  readonly numbersNotes: boolean;
  /**
   * Directory: a commit completes a folder without a record at the image's path. It does not take such a
   * folder for committed.
   */
  readonly finishesAtImage: boolean;
  /** Directory: a sweep removes old files without a mark. */
  readonly sweepsUnmarked: boolean;
  /**
   * Directory: a sweep also removes old files without a mark at the path of an image, if there is no record.
   */
  readonly sweepsUnmarkedImages: boolean;
  /** Directory: right before its rename, a commit checks whether the path still leads to its folder. */
  readonly looksBeforeRename: boolean;
  /** S3: a commit that has written the record, and then finds no job object, removes the record. */
  readonly takesBack: boolean;
  /** S3: an upload is completed only if there is no data yet. */
  readonly completesIfAbsent: boolean;
  /** S3: each DELETE names the version that it removes. */
  readonly deletesIfMatch: boolean;
  /**
   * S3: a DELETE expires. An attempt that takes over a removal waits until the requests of the earlier
   * removal have expired. Only then may anything new be made.
   */
  readonly deletesExpire: boolean;
  /**
   * S3, Glance: right before a DELETE, a removal checks that its doom still stands. This check comes after
   * all its other looks.
   */
  readonly looksAgain: boolean;
  /** S3: a commit that finds a record replaces it with its own, by If-Match. */
  readonly replacesRecord: boolean;
  /**
   * S3: data has the number of the attempt that has reserved the place, as the job object does. Data with
   * another number is in the way.
   */
  readonly numbersData: boolean;
  /**
   * S3: the record, too, has the number of the attempt that has reserved the place. A record with another
   * number does not count, and may not stay.
   */
  readonly numbersRecords: boolean;
  /** Glance: right before it removes a committed image, a discard asks Temporal whether it still may. */
  readonly confirmsDeletes: boolean;
  /**
   * Glance: right before it removes a committed image, the discard of a clean-up also asks whether the chain
   * of runs is still closed.
   */
  readonly confirmsChain: boolean;
  /**
   * Glance: a run after a reset takes over a committed image only if a run has ended as replicated. If none
   * has, it removes the image, and makes another one with another id.
   */
  readonly adoptsReplicatedOnly: boolean;
  /**
   * Glance: if a run after a reset finds that its image id was used, and that the image is gone, it goes on
   * with another id. There may be an image of the run before.
   */
  readonly replacesUsedIds: boolean;
  /**
   * Glance: a run after a reset takes over a committed image only if Temporal knows the run that has ended as
   * replicated. A run that Temporal has forgotten does not count.
   */
  readonly doubtsForgottenRuns: boolean;
  /**
   * Glance: a run after a reset takes over or undoes a committed image only if a run has come to its commit.
   * If none has, the image is somebody else's, although it has the same bytes.
   */
  readonly undoesKnownCommits: boolean;
  /**
   * The accidents that no rule prevents. A check assumes that none of them happens, unless it is about one.
   */
  readonly limits: Limits;
}

/** The named limits of the rules. */
export interface Limits {
  /** Directory: a commit is frozen between its last look at the path and the rename. */
  readonly frozenBeforeRename: boolean;
  /** S3: a process dies right after it has written a record late. */
  readonly diesAfterLateRecord: boolean;
  /**
   * Glance: a run after a reset recognises the committed image of an earlier run only if the image has the
   * bytes that the run itself has inspected.
   */
  readonly knowsItsBytesOnly: boolean;
  /**
   * A committed image stays after a cancel or a failure if Temporal has forgotten a run that may have been
   * replicated. Then a job may even have two images.
   */
  readonly forgottenImagesStay: boolean;
  /** Glance: a sweep looks only for the images of jobs that Temporal knows. */
  readonly sweepsKnownJobsOnly: boolean;
}

const NO_LIMITS: Limits = {
  frozenBeforeRename: false,
  diesAfterLateRecord: false,
  knowsItsBytesOnly: false,
  forgottenImagesStay: false,
  sweepsKnownJobsOnly: false,
};

/** The old code, which relied only on the mark. */
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
  confirmsDeletes: false,
  confirmsChain: false,
  adoptsReplicatedOnly: false,
  replacesUsedIds: false,
  doubtsForgottenRuns: false,
  undoesKnownCommits: false,
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
  confirmsDeletes: true,
  confirmsChain: true,
  adoptsReplicatedOnly: true,
  replacesUsedIds: true,
  doubtsForgottenRuns: true,
  undoesKnownCommits: true,
  limits: NO_LIMITS,
};
