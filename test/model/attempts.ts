import type { Step } from './check.ts';
import { harmOf } from './faults.ts';
import type { Rule } from './rule.ts';
import type { Attempt, Surroundings } from './store.ts';
import { answered, timedOut, undo } from './workflow.ts';
import { can, claimOf, ENDS, hasLease, replaced, type Setting, spend, type World, without } from './world.ts';

/** Yields everything that an attempt may do next, and everything that may happen to it. */
export function* attemptSteps<Store>(
  setting: Setting<Store>,
  w: World<Store>,
  a: Attempt,
): Generator<Step<World<Store>>> {
  const name = `${a.step}${a.number > 0 ? ` #${a.number}` : ''}`;
  const isWaitedFor = hasLease(w, a);
  const before = isWaitedFor || a.step === 'sweep' ? name : `${name}, given up,`;
  for (const { label, state } of acts(setting, w, a)) yield { label: `${before} ${label}`, state };
  const more = isWaitedFor ? leased(setting, w, a) : givenUp(setting, w, a);
  for (const { label, state } of more) yield { label: `${before} ${label}`, state };
}

/** Yields everything that an attempt may do at its store. */
function* acts<Store>(
  { store, rule }: Setting<Store>,
  w: World<Store>,
  a: Attempt,
): Generator<Step<World<Store>>> {
  const here = w.stores[a.place];
  if (here === undefined) return;
  const around = surroundingsOf(rule, w, a);
  for (const move of store.act(here, a, around)) {
    const by = { ...a, at: move.at, seen: move.seen ?? a.seen, committing: move.committing ?? a.committing };
    const stores = w.stores.map((s, place) => (place === a.place ? move.store : s));
    const harm = w.harm ?? harmOf(w, a, store.view(here), store.view(move.store));
    yield { label: move.label, state: { ...replaced(w, a, by), stores, harm } };
  }
}

/** Returns what an attempt can find out about the rest of the world. */
function surroundingsOf<Store>(rule: Rule, w: World<Store>, a: Attempt): Surroundings {
  const isClosed = w.job.phase === 'closed';
  const isKnown = w.known !== 'none';
  const undoes = undoesAfterForce(w, a);
  const isCleanUp = a.number !== 0 && a.number === w.cleanUp.lease;
  const isStillLeft = !rule.confirmsChain || (isClosed && (!a.committing || undoes));
  // An attempt without a lease may remove something if the chain of runs is closed, unless the attempt may
  // also undo a commit.
  const mayRemove = isCleanUp ? isStillLeft : hasLease(w, a) || (isClosed && !a.committing);
  return { isClosed, isKnown, claim: claimOf(w), undoes, mayRemove };
}

/** Tells whether the clean-up of a run that was cancelled by force may undo a commit. */
function undoesAfterForce<Store>(w: World<Store>, { run, committing }: Attempt): boolean {
  const isLast = run === w.job.run;
  if (w.known === 'none') return false;
  if (!isLast && w.job.status !== 'canceled' && w.job.status !== 'error') return false;
  if (isLast && run === 0) return committing;
  const claim = claimOf(w);
  if (claim === 'owned' || claim === 'unknown') return false;
  return committing || (isLast && claim === 'undoable');
}

/** Yields what may happen to an attempt for which Temporal waits. */
function* leased<Store>(
  { rule, store }: Setting<Store>,
  w: World<Store>,
  a: Attempt,
): Generator<Step<World<Store>>> {
  const hasEnded = ENDS.has(a.at);
  const isSent = a.at.startsWith('~');
  if (hasEnded) {
    const rest = without(w, a);
    const isCleanUp = a.number === w.cleanUp.lease;
    const next: World<Store> = isCleanUp
      ? { ...rest, cleanUp: { ...w.cleanUp, state: 'none', lease: 0 } }
      : answered(rest, a, store.initial);
    const { status, phase } = next.job;
    const where = status === 'open' ? `at ${phase}` : status;
    yield { label: `answers ${a.at}; the job is ${where}`, state: next };
  }
  const rest = isSent ? replaced(w, a, { ...a, abandoned: true }) : without(w, a);
  const hears = a.step === 'transfer' && w.job.cancel && !hasEnded;
  if (hears && !(isSent && rule.awaitsAnswers))
    yield {
      label: `hears of the cancel, and stops${isSent ? ', its request in flight' : ''}`,
      state: undo(rest),
    };
  if (can(w, 'failures') && a.step !== 'discard' && !hasEnded && !isSent)
    yield { label: 'fails for good', state: undo(spend(rest, 'failures'), { failed: true }) };
  if (can(w, 'timeouts')) yield { label: 'counts as dead', state: timedOut(rule, spend(w, 'timeouts'), a) };
}

/**
 * Yields what may happen to an attempt that was given up. The attempt may find that its run has ended. Then
 * it removes what it has made.
 */
function* givenUp<Store>(
  { rule }: Setting<Store>,
  w: World<Store>,
  a: Attempt,
): Generator<Step<World<Store>>> {
  if (a.abandoned || (a.step !== 'prepare' && a.step !== 'transfer')) return;
  if (!rule.removeWhenGivenUp.includes(a.step) || (a.step === 'prepare' && !ENDS.has(a.at))) return;
  const { takesForEnded } = rule;
  // If Temporal has forgotten the job, only an attempt that has reserved the place takes the job for ended.
  const isClosed = w.job.phase === 'closed' && (w.known !== 'none' || a.step === 'prepare');
  const hasEnded =
    (takesForEnded.includes('closed') && isClosed) ||
    (takesForEnded.includes('reset') && a.run !== w.job.run) ||
    (takesForEnded.includes('paused') && w.job.paused);
  if (!hasEnded) return;
  const discard = { ...a, step: 'discard', at: 'start', seen: '', committing: false } as const;
  yield { label: 'takes its run for ended, and discards', state: replaced(w, a, discard) };
}
