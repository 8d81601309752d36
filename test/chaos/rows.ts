/**
 * The promises of the product, by the letters to which the rows of the report refer. Each trial checks all of
 * them.
 */
export const PROMISES = {
  A: 'A job is `replicated` only when the whole image, with the sha512 of the source, is at the destination.',
  B: 'After `canceled` or `error` there is no image; an object that was there before is what it was.',
  C: 'A cancel that was accepted wins.',
  D: 'Nothing else is left when all processes have stopped acting, however late a frozen one wakes: no partial, no upload, no queued image.',
  E: 'A fault that passes does not end a job.',
  F: '`copy_progress` never goes down, and a status changes only as documented.',
  G: 'A request makes one job, however often it is sent; a job makes at most one image.',
  H: 'The source is not touched; if it changes during the copy, that is an error: the copy is never a mix of two versions.',
  I: 'If nobody could clean up, `image-replicator sweep` removes what is left.',
} as const;

interface Row {
  readonly title: string;
  readonly proves: string;
}

/** The rows of the report. */
export const ROWS = {
  frozen: {
    title: 'worker SIGSTOP; its job ends, whichever way, by a second worker; SIGCONT',
    proves: 'A B C D',
  },
  'frozen-polling': {
    title: 'worker SIGSTOP and SIGCONT as above, while Temporal gives tasks to the frozen worker',
    proves: 'A D',
  },
  'woken-early': { title: 'worker SIGSTOP; SIGCONT while a second worker has the job', proves: 'A B C D' },
  'frozen-alone': {
    title: 'worker SIGSTOP for longer than the heartbeat timeout, with no other',
    proves: 'A B C E',
  },
  'frozen-shortly': { title: 'worker SIGSTOP for less than the heartbeat timeout', proves: 'A B C E' },
  'cut-off': { title: 'worker cut off from Temporal and the store, back after the end', proves: 'A B C D' },
  killed: { title: 'worker SIGKILL; another goes on', proves: 'A B C D E' },
  sigterm: { title: 'worker SIGTERM; another goes on', proves: 'A B C D E' },
  'late-request': { title: 'worker SIGKILL; what it had sent arrives after the end', proves: 'A B D I' },
  cancel: { title: 'cancel', proves: 'B C D F' },
  force: { title: 'cancel by force', proves: 'B C D F' },
  race: { title: 'cancel at any moment around the commit', proves: 'A B C D' },
  terminate: { title: 'terminate', proves: 'B F I' },
  reset: { title: 'reset to the last, or the first, workflow task', proves: 'A B C F G' },
  'reset-ended': { title: 'reset of a job that has ended', proves: 'A B G' },
  pause: { title: 'pause, and unpause', proves: 'A B C E' },
  'source-reset': { title: 'source: connection reset at a random byte', proves: 'A E' },
  'source-stall': { title: 'source: connection stalls at a random byte', proves: 'A E' },
  'source-truncate': { title: 'source: body cut short, with a clean end', proves: 'A E' },
  'source-flip': { title: 'source: a flipped byte', proves: 'A E' },
  'source-500': { title: 'source: 500', proves: 'A E' },
  'source-503': { title: 'source: 503 with Retry-After', proves: 'A E' },
  'source-refused': { title: 'source: connections refused for some seconds', proves: 'A E' },
  'source-hangs': { title: 'source: no answer for some seconds', proves: 'A E' },
  'source-slow': { title: 'source: 10 kB/s for some seconds', proves: 'A E' },
  'source-gone': { title: 'source: gone for good', proves: 'B D' },
  changed: { title: 'source: changed', proves: 'B D H' },
  deleted: { title: 'source: deleted', proves: 'A B D H' },
  'destination-reset': { title: 'destination: connection reset at a random byte', proves: 'A E' },
  'destination-stall': { title: 'destination: connection stalls at a random byte', proves: 'A E' },
  'destination-truncate': { title: 'destination: body cut short, with a clean end', proves: 'A E' },
  'destination-flip': { title: 'destination: a flipped byte', proves: 'A E' },
  'destination-500': { title: 'destination: 500', proves: 'A C E' },
  'destination-503': { title: 'destination: 503 with Retry-After', proves: 'A C E' },
  'destination-refused': { title: 'destination: connections refused for some seconds', proves: 'A C D E I' },
  'destination-hangs': { title: 'destination: no answer for some seconds', proves: 'A C D E I' },
  'destination-slow': { title: 'destination: 10 kB/s for some seconds', proves: 'A E' },
  'destination-gone': { title: 'destination: gone for good; cancelled by force', proves: 'B C I' },
  'answer-lost': { title: 'destination: does what it is asked, and the answer is lost', proves: 'A C D E' },
  'disk-full': { title: 'destination: disk full', proves: 'B D' },
  'disk-full-passing': { title: 'destination: disk full for some seconds', proves: 'A B D I' },
  'spool-full': { title: "worker's spool: disk full", proves: 'A B D' },
  'spool-read-only': { title: "worker's spool: read-only for some seconds", proves: 'A B D' },
  'spool-removed': { title: "worker's spool: removed", proves: 'A B D' },
  'read-only': { title: 'destination: read-only for some seconds', proves: 'A B D I' },
  'disk-errors': { title: 'destination: input/output errors for some seconds', proves: 'A B D I' },
  'folder-away': { title: 'destination: folder away for some seconds', proves: 'A B C D I' },
  'folder-removed': { title: 'destination: folder removed, and made anew', proves: 'A B D' },
  clock: { title: "worker's clock jumps by an hour, forwards or backwards", proves: 'A C E F' },
  descriptors: { title: 'worker has no file descriptor left for some seconds', proves: 'A C D' },
  'temporal-killed': { title: 'Temporal SIGKILL; restart on its database', proves: 'A C D E F' },
  'temporal-unreachable': { title: 'Temporal unreachable for a minute', proves: 'A C D E' },
  'facade-post': { title: 'facade SIGKILL in mid-POST; the client asks again', proves: 'G' },
  'facade-delete': { title: 'facade SIGKILL in mid-DELETE; the client asks again', proves: 'B C' },
} as const satisfies Record<string, Row>;

export type RowName = keyof typeof ROWS;
