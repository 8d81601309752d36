import type { Rule } from './rule.ts';
import type { Attempt } from './store.ts';
import { claimOf, FIRST_RUN, type Job, nextAttempt, type World } from './world.ts';

type Step = 'prepare' | 'transfer' | 'commit' | 'discard';

/** The workflow schedules a step. */
export function enter<Store>(w: World<Store>, step: Step, changes: Partial<Job> = {}): World<Store> {
  const job = { ...w.job, ...changes, phase: step, lease: w.last + 1 };
  const reached = step === 'transfer' || step === 'commit' ? step : job.reached;
  const hasCommitted = w.hasCommitted || step === 'commit';
  const changed = { ...w, hasCommitted, job: { ...job, reached } };
  const attempt = nextAttempt(changed, step, 'start');
  const committing = step === 'discard' ? undoesCommit(w) : attempt.committing;
  return { ...changed, attempts: [...w.attempts, { ...attempt, committing }], last: w.last + 1 };
}

/** Tells whether the job's own discard also removes a committed image. */
function undoesCommit<Store>(w: World<Store>): boolean {
  const { undoesEarlier, committing } = w.job;
  const claim = claimOf(w);
  if (!undoesEarlier || claim === 'foreign') return committing;
  return claim === 'undoable';
}

export function close<Store>(w: World<Store>, status: Job['status']): World<Store> {
  return {
    ...w,
    job: { ...w.job, phase: 'closed', status, lease: 0, paused: false },
    promised: w.promised || status === 'replicated',
    hasKnownOwner: w.hasKnownOwner || status === 'replicated',
  };
}

/** The workflow discards what may have been made. Then the job closes. */
export function undo<Store>(w: World<Store>, changes: Partial<Job> = {}): World<Store> {
  const changed = { ...w, job: { ...w.job, ...changes } };
  if (changed.job.made) return enter(changed, 'discard');
  return close(changed, changed.job.cancel ? 'canceled' : 'error');
}

/** The largest number of images that a job tries to make. */
const MAX_IMAGES = 3;

/** The workflow goes on with another image id, whose store is `initial` if no run has used the id. */
function replace<Store>(w: World<Store>, initial: Store): World<Store> {
  const place = w.job.place + 1;
  const stores = place < w.stores.length ? w.stores : [...w.stores, initial];
  return enter({ ...w, stores }, 'prepare', { place, replacing: false });
}

/** The workflow takes the answer of the attempt for which it has waited. */
export function answered<Store>(w: World<Store>, a: Attempt, initial: Store): World<Store> {
  const { cancel, place, replacing } = w.job;
  if (a.step === 'discard') {
    if (replacing && !cancel) return replace(w, initial);
    return close(w, cancel ? 'canceled' : 'error');
  }
  if (a.at === 'spoilt' && !cancel && place + 1 < MAX_IMAGES) return enter(w, 'discard', { replacing: true });
  if (a.at === 'spoilt') return undo(w, { failed: !cancel });
  if (a.at === 'lost') return undo(w, { failed: true });
  if (a.at === 'adopted') return cancel ? undo(w) : close(w, 'replicated');
  switch (a.step) {
    case 'prepare':
      return cancel ? undo(w) : enter(w, 'transfer');
    case 'transfer':
      return cancel ? undo(w) : enter(w, 'commit', { committing: true });
    default:
      return cancel ? undo(w) : close(w, 'replicated');
  }
}

/**
 * Temporal gives up an attempt from which nothing has come. The attempt may still live, and does not know
 * that it was given up.
 */
export function timedOut<Store>(rule: Rule, w: World<Store>, a: Attempt): World<Store> {
  if (a.number === w.cleanUp.lease) return cleaning(rule, w);
  if (w.job.cancel && a.step !== 'discard') return undo(w);
  return enter(w, a.step as Step);
}

/** The clean-up after a cancel by force schedules its discard. */
export function cleaning<Store>(rule: Rule, w: World<Store>): World<Store> {
  const { cleanUp } = w;
  const { run, place, committing } = cleanUp;
  const discard = nextAttempt(w, 'discard', rule.cleansClosedOnly ? 'closed?' : 'start');
  return {
    ...w,
    cleanUp: { ...cleanUp, state: 'running', lease: w.last + 1 },
    attempts: [...w.attempts, { ...discard, run, place, committing }],
    last: w.last + 1,
  };
}

/** A reset closes the run, and another run goes on from a point in its history. */
export function reset<Store>(
  rule: Rule,
  w: World<Store>,
  phase: 'inspect' | 'transfer' | 'commit',
  changes: { readonly version?: number; readonly initial: Store },
): World<Store> {
  const { job } = w;
  const beginsAnew = phase === 'inspect';
  const isFresh = beginsAnew && !rule.keepsItsId;
  const firstPlace = isFresh ? w.stores.length : 0;
  const undoes = rule.undoesEarlierRuns;
  const next: Job = {
    ...FIRST_RUN,
    run: job.run + 1,
    place: beginsAnew ? firstPlace : job.place,
    since: w.last,
    version: changes.version ?? job.version,
    made: !beginsAnew || undoes,
    undoesEarlier: undoes,
    committing: phase === 'commit',
    reached: phase,
  };
  const stores = isFresh ? [...w.stores, changes.initial] : w.stores;
  const begun = { ...w, job: next, stores };
  return beginsAnew ? begun : enter(begun, phase);
}
