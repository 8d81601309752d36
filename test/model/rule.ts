/** What the code obeys. Each is a line of the design. */
export interface Rule {
  readonly name: string;
  /** R1, the old way: an attempt that was given up asks whether its run is RUNNING; where it is not, it discards. */
  readonly asksForStatus: boolean;
  /** R2: a discard leaves alone what is committed, unless it undoes that very commit. */
  readonly sparesCommitted: boolean;
  /** R3 and R4: fences, dooms and adoption. Without, the store programs are those of the old code. */
  readonly fenced: boolean;
  /** R5: whoever removes without a condition proves its lease right before. */
  readonly provesLease: boolean;
  /** R6: a request that commits is not abandoned by a cancel. */
  readonly awaitsAnswers: boolean;
  /** R7: a clean-up acts only while the chain is closed. */
  readonly cleansClosedOnly: boolean;
  /** A start over forgets what is complete, and cuts nothing off: the bytes are written again where they are. */
  readonly keepsBytes: boolean;
  /** No step but prepare makes a file in the folder: the others open what is there, or fail. */
  readonly createsOnce: boolean;
  /** A run that a reset has begun undoes what an earlier one has committed, where none has ended as replicated. */
  readonly undoesEarlierRuns: boolean;
  /** A partial's path names the attempt that made it: a late rename moves that one or none. */
  readonly namesIncarnations: boolean;
  /** S3: one object is the job's and, from the commit on, the image's record: the commit is a write of it by If-Match. */
  readonly commitsByIfMatch: boolean;
  /** S3: whoever deletes looks right before whether the object that it has doomed is still there, and whether it may. */
  readonly looksBeforeRemoving: boolean;
  /** A store applies a removal whose lease was proved before anybody else can hold the lease (see the document). */
  readonly removalsArePrompt: boolean;
  /** A sweep looks again after it has heard that the chain is closed: the fence is the same, and nothing committed. */
  readonly listsAgain: boolean;
  /** A clean-up acts only while the run that was forced is the last one of the chain. */
  readonly cleansOwnRunOnly: boolean;
  /** A commit takes only what the transfer that its run has seen succeed has had the fence of. */
  readonly commitsWhatWasFilled: boolean;
}

export const OLD: Rule = {
  name: 'old',
  asksForStatus: true,
  sparesCommitted: false,
  fenced: false,
  provesLease: false,
  awaitsAnswers: false,
  cleansClosedOnly: false,
  keepsBytes: false,
  createsOnce: false,
  undoesEarlierRuns: false,
  namesIncarnations: false,
  commitsByIfMatch: false,
  looksBeforeRemoving: false,
  removalsArePrompt: true,
  listsAgain: false,
  cleansOwnRunOnly: false,
  commitsWhatWasFilled: false,
};

export const NEW: Rule = {
  name: 'new',
  asksForStatus: false,
  sparesCommitted: true,
  fenced: true,
  provesLease: true,
  awaitsAnswers: true,
  cleansClosedOnly: true,
  keepsBytes: false,
  createsOnce: false,
  undoesEarlierRuns: false,
  namesIncarnations: false,
  commitsByIfMatch: false,
  looksBeforeRemoving: false,
  removalsArePrompt: true,
  listsAgain: false,
  cleansOwnRunOnly: false,
  commitsWhatWasFilled: false,
};
