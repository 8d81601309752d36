import type { Model, Step } from './check.ts';
import type { Rule } from './rule.ts';
import type { Attempt, StepName, StoreModel } from './store.ts';

/** The workflow: what Temporal has on record of the job's last run. */
interface Job {
  readonly run: number;
  /** The highest number that was given out before this run. */
  readonly since: number;
  readonly phase: 'inspect' | 'prepare' | 'transfer' | 'commit' | 'discard' | 'closed';
  readonly status: 'open' | 'replicated' | 'canceled' | 'error' | 'terminated';
  /** A cancel was accepted. */
  readonly cancel: boolean;
  readonly failed: boolean;
  /** There may be something at the destination; a commit may have happened. */
  readonly made: boolean;
  readonly committing: boolean;
  readonly version: number;
  /** The transfer that has succeeded. */
  readonly filled: number;
  /** The attempt that holds the lease: the server waits for it, and for no other. 0: none. */
  readonly lease: number;
  /** How far this run has come: to there it can be reset. */
  readonly reached: 'inspect' | 'transfer' | 'commit';
  readonly paused: boolean;
}

/** What may happen so often at most, in any order, beside the good path. */
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
}
type Trouble = Exclude<keyof Troubles, 'total'>;

export interface World<Store> {
  readonly job: Job;
  /** The workflow that cleans up after a force. */
  readonly cleanUp: {
    readonly state: 'none' | 'due' | 'running';
    readonly lease: number;
    readonly committing: boolean;
    readonly run: number;
  };
  readonly attempts: readonly Attempt[];
  /** The highest number that was given out. */
  readonly last: number;
  readonly store: Store;
  readonly left: Troubles;
  readonly other: 'none' | 'making' | 'whole';
  /** A run has ended as replicated: the image is its owner's. */
  readonly promised: boolean;
  readonly harm: string | null;
}

const ENDS: ReadonlySet<string> = new Set(['ok', 'adopted', 'lost', 'gone']);

export function jobModel<Store>(stores: StoreModel<Store>, rule: Rule, left: Troubles): Model<World<Store>> {
  type W = World<Store>;
  const initial: W = {
    job: {
      run: 0,
      since: 0,
      phase: 'inspect',
      status: 'open',
      cancel: false,
      failed: false,
      made: false,
      committing: false,
      version: 0,
      filled: 0,
      lease: 0,
      reached: 'inspect',
      paused: false,
    },
    cleanUp: { state: 'none', lease: 0, committing: false, run: 0 },
    attempts: [],
    last: 0,
    store: stores.initial,
    left,
    other: 'none',
    promised: false,
    harm: null,
  };

  const hasLease = (w: W, a: Attempt) =>
    !a.abandoned && a.number !== 0 && (a.number === w.job.lease || a.number === w.cleanUp.lease);

  /** Forgets attempts that can do nothing any more. */
  function settled(w: W): W {
    const attempts = w.attempts.filter((a) => {
      if (a.at === 'gone') return false;
      if (!ENDS.has(a.at) || hasLease(w, a)) return true;
      return rule.asksForStatus && a.step === 'prepare' && !a.abandoned;
    });
    return { ...w, attempts, store: stores.tidy(w.store, attempts) };
  }

  function attempt(w: W, step: StepName, at: string, commits: boolean): Attempt {
    const { run, version } = w.job;
    const committing = rule.undoesEarlierRuns && run > 0 ? !w.promised : commits;
    const filled = rule.commitsWhatWasFilled && step === 'commit' ? w.job.filled : 0;
    return { number: w.last + 1, step, run, version, committing, filled, at, seen: '' };
  }

  /** The workflow schedules a step. */
  function enter(w: W, step: 'prepare' | 'transfer' | 'commit' | 'discard', job: Partial<Job> = {}): W {
    const changed = { ...w, job: { ...w.job, ...job, phase: step } };
    const { committing } = changed.job;
    const reached = step === 'transfer' || step === 'commit' ? step : changed.job.reached;
    return {
      ...changed,
      job: { ...changed.job, lease: w.last + 1, reached },
      attempts: [...w.attempts, attempt(changed, step, 'start', committing)],
      last: w.last + 1,
    };
  }

  function close(w: W, status: Job['status']): W {
    return {
      ...w,
      job: { ...w.job, phase: 'closed', status, lease: 0, paused: false },
      promised: w.promised || status === 'replicated',
    };
  }

  function undo(w: W, job: Partial<Job> = {}): W {
    const changed = { ...w, job: { ...w.job, ...job } };
    if (changed.job.made) return enter(changed, 'discard');
    return close(changed, changed.job.cancel ? 'canceled' : 'error');
  }

  /** The workflow takes the answer of the attempt that it has waited for. */
  function answered(w: W, a: Attempt): W {
    const { job } = w;
    switch (a.at === 'lost' && a.step !== 'discard' ? 'lost' : a.step) {
      case 'lost':
        return undo(w, { failed: true });
      case 'prepare':
        if (job.cancel) return undo(w);
        return a.at === 'adopted' ? close(w, 'replicated') : enter(w, 'transfer');
      case 'transfer':
        return job.cancel
          ? undo(w, { committing: true })
          : enter(w, 'commit', { committing: true, filled: a.number });
      case 'commit':
        return job.cancel ? undo(w) : close(w, 'replicated');
      default:
        return close(w, job.cancel ? 'canceled' : 'error');
    }
  }

  const spend = (w: W, trouble: Trouble): W => ({
    ...w,
    left: { ...w.left, total: w.left.total - 1, [trouble]: w.left[trouble] - 1 },
  });
  const can = (w: W, trouble: Trouble) => w.left.total > 0 && w.left[trouble] > 0;
  const named = (a: Attempt) => `${a.step}${a.number > 0 ? ` #${a.number}` : ''}`;
  const without = (w: W, a: Attempt): W => ({ ...w, attempts: w.attempts.filter((other) => other !== a) });
  const replaced = (w: W, a: Attempt, by: Attempt): W => ({
    ...w,
    attempts: w.attempts.map((other) => (other === a ? by : other)),
  });

  /** What is wrong with an action that makes something vanish. */
  function harmOf(w: W, a: Attempt, store: Store): string | null {
    const before = stores.view(w.store);
    const after = stores.view(store);
    const { making } = before;
    if (making === null || making.mark !== 'a' || making.doomed) return null;
    if (after.making !== null && !after.making.doomed) return null;
    if (after.image !== null && before.image === null) return null;
    const { job } = w;
    if (a.step === 'sweep')
      return job.phase === 'closed' || making.by <= job.since
        ? null
        : 'a sweep removes what an open job makes';
    return making.by > a.number ? 'an attempt removes what a later one has taken' : null;
  }

  function* actions(w: W, a: Attempt): Generator<Step<W>> {
    const lease = hasLease(w, a);
    const isClosed = w.job.phase === 'closed';
    const isLastRun = a.run === w.job.run;
    const cleans = a.number === w.cleanUp.lease;
    const mayRemove = a.step === 'sweep' ? isClosed : lease && (!cleans || (isClosed && isLastRun));
    const around = { hasLease: lease, isClosed, isLastRun, mayRemove };
    for (const move of stores.act(w.store, a, around)) {
      const by = { ...a, at: move.at, seen: move.seen ?? a.seen };
      const next = { ...replaced(w, a, by), store: move.store, harm: w.harm ?? harmOf(w, a, move.store) };
      yield {
        label: `${named(a)}${lease || a.step === 'sweep' ? '' : ', given up,'} ${move.label}`,
        state: next,
      };
    }
    const inFlight = a.at.startsWith('~');
    if (!lease) {
      const ended = a.run !== w.job.run || w.job.phase === 'closed' || w.job.paused;
      const asks = rule.asksForStatus && !a.abandoned && ended;
      if (asks && (a.step === 'transfer' || (a.step === 'prepare' && ENDS.has(a.at))))
        yield {
          label: `${named(a)}, given up, hears that its run is not RUNNING, and discards`,
          state: replaced(w, a, { ...a, step: 'discard', at: 'start', seen: '' }),
        };
      return;
    }
    if (ENDS.has(a.at)) {
      const ofJob = a.number === w.job.lease;
      const rest = without(w, a);
      const next = ofJob
        ? answered(rest, a)
        : { ...rest, cleanUp: { ...w.cleanUp, state: 'none', lease: 0 } as const };
      yield {
        label: `${named(a)} answers ${a.at}; the job is ${next.job.status === 'open' ? `at ${next.job.phase}` : next.job.status}`,
        state: next,
      };
    }
    // R6: whoever has sent what commits waits for the answer.
    const stays = inFlight && rule.awaitsAnswers;
    const rest = inFlight ? replaced(w, a, { ...a, abandoned: true }) : without(w, a);
    if (a.step === 'transfer' && w.job.cancel && !ENDS.has(a.at) && !stays)
      yield {
        label: `${named(a)} hears of the cancel, and stops${inFlight ? ', its request in flight' : ''}`,
        state: undo(rest),
      };
    if (can(w, 'failures') && a.step !== 'discard' && !ENDS.has(a.at) && !inFlight)
      yield { label: `${named(a)} fails for good`, state: undo(spend(rest, 'failures'), { failed: true }) };
    if (can(w, 'timeouts'))
      yield { label: `${named(a)} counts as dead`, state: timedOut(spend(w, 'timeouts'), a) };
  }

  /** The server gives an attempt up that has not been heard of. The attempt may not know, and may not be dead. */
  function timedOut(w: W, a: Attempt): W {
    if (a.number === w.cleanUp.lease) return cleaning(w);
    if (w.job.cancel && a.step !== 'discard') return undo(w);
    return enter(w, a.step as 'prepare');
  }

  function cleaning(w: W): W {
    const { committing, run } = w.cleanUp;
    const discard = attempt(w, 'discard', rule.cleansClosedOnly ? 'closed?' : 'start', committing);
    return {
      ...w,
      cleanUp: { state: 'running', lease: w.last + 1, committing, run },
      attempts: [...w.attempts, { ...discard, run }],
      last: w.last + 1,
    };
  }

  function reset(w: W, phase: 'inspect' | 'transfer' | 'commit', version: number): W {
    const job: Job = {
      ...initial.job,
      run: w.job.run + 1,
      since: w.last,
      version,
      made: phase !== 'inspect' || rule.undoesEarlierRuns,
      committing: phase === 'commit',
      filled: phase === 'commit' ? w.job.filled : 0,
      reached: phase,
    };
    const next = { ...spend(w, 'resets'), job };
    return phase === 'inspect' ? next : enter(next, phase);
  }

  function* operators(w: W): Generator<Step<W>> {
    const { job } = w;
    const open = job.phase !== 'closed';
    if (job.phase === 'inspect')
      yield { label: 'the source is inspected', state: enter(w, 'prepare', { made: true }) };
    if (open && !job.cancel && can(w, 'cancels')) {
      const next = spend({ ...w, job: { ...job, cancel: true } }, 'cancels');
      yield { label: 'a cancel is accepted', state: job.phase === 'inspect' ? undo(next) : next };
    }
    if (open && can(w, 'forces')) {
      const cleanUp = {
        state: job.made ? 'due' : 'none',
        lease: 0,
        committing: job.committing,
        run: job.run,
      } as const;
      const next = close(spend({ ...w, job: { ...job, cancel: true } }, 'forces'), 'canceled');
      yield { label: 'a cancel by force closes the job', state: { ...next, cleanUp } };
    }
    if (w.cleanUp.state === 'due') yield { label: 'the clean-up begins', state: cleaning(w) };
    if (open && can(w, 'terminations'))
      yield { label: 'the job is terminated', state: close(spend(w, 'terminations'), 'terminated') };
    if (can(w, 'resets')) {
      yield { label: 'the job is reset to its beginning', state: reset(w, 'inspect', job.version) };
      yield {
        label: 'the job is reset to its beginning, and the source has changed',
        state: reset(w, 'inspect', 1),
      };
      if (job.reached !== 'inspect')
        yield { label: 'the job is reset to its transfer', state: reset(w, 'transfer', job.version) };
      if (job.reached === 'commit')
        yield { label: 'the job is reset to its commit', state: reset(w, 'commit', job.version) };
    }
    if (open && rule.asksForStatus && !job.paused && can(w, 'pauses'))
      yield { label: 'the job is paused', state: spend({ ...w, job: { ...job, paused: true } }, 'pauses') };
    if (job.paused) yield { label: 'the job goes on', state: { ...w, job: { ...job, paused: false } } };
    if (can(w, 'sweeps')) {
      const sweep = { ...attempt(w, 'sweep', 'start', false), number: 0 };
      yield { label: 'a sweep begins', state: { ...spend(w, 'sweeps'), attempts: [...w.attempts, sweep] } };
    }
    if (w.other === 'none' && can(w, 'others')) {
      const store = stores.reserve(w.store);
      if (store !== null)
        yield {
          label: 'another job reserves the id',
          state: { ...spend(w, 'others'), store, other: 'making' },
        };
    }
    if (w.other === 'making')
      yield {
        label: "the other job's image is whole",
        state: { ...w, store: stores.finish(w.store), other: 'whole' },
      };
  }

  /** What a sweep leaves after every process has died. */
  function swept(store: Store): Store {
    let left = store;
    for (let round = 0; round < 4; round += 1) {
      let sweep = { ...attempt(initial, 'sweep', 'start', false), number: 0 };
      while (sweep.at !== 'gone') {
        const [move] = stores.act(left, sweep, {
          hasLease: true,
          isClosed: true,
          isLastRun: true,
          mayRemove: true,
        });
        if (move === undefined) break;
        left = move.store;
        sweep = { ...sweep, at: move.at, seen: move.seen ?? sweep.seen };
      }
    }
    return left;
  }

  function fault(w: W): string | undefined {
    if (w.harm !== null) return w.harm;
    const { image, making } = stores.view(w.store);
    if (w.other === 'making' && (making?.mark !== 'b' || making.doomed))
      return 'what another job makes is gone';
    if (w.other === 'making' && image !== null) return 'an id that another job has reserved has an image';
    if (w.other === 'whole' && (image?.mark !== 'b' || !image.whole)) return "another job's image is gone";
    if (w.promised && (image?.mark !== 'a' || !image.whole))
      return 'the job was replicated, and its image is not whole';
    const { job } = w;
    if (
      job.failed &&
      w.left.failures === left.failures &&
      w.left.resets === left.resets &&
      w.other === 'none'
    )
      return 'the job fails for no reason';
    if (job.phase !== 'closed' || w.cleanUp.state !== 'none') return undefined;
    if (job.cancel && !['canceled', 'terminated'].includes(job.status))
      return 'an accepted cancel does not win';
    if (image?.mark === 'a' && !image.whole) return 'an image that is not whole can be seen';
    const isOver = job.status === 'canceled' || job.status === 'error';
    if (isOver && !w.promised && image !== null && image.mark !== 'b')
      return `the job is ${job.status}, and has an image`;
    if (!rule.fenced) {
      const nobody = w.attempts.length === 0;
      const rest = stores.leftover(w.store);
      return nobody && isOver && rest !== null ? `the job is ${job.status}, and leaves ${rest}` : undefined;
    }
    const rest = stores.leftover(swept(w.store));
    if (rest !== null) return `a sweep leaves ${rest}`;
    return undefined;
  }

  return {
    initial,
    *next(w) {
      for (const a of w.attempts) {
        for (const step of actions(w, a)) yield { label: step.label, state: settled(step.state) };
      }
      for (const step of operators(w)) yield { label: step.label, state: settled(step.state) };
    },
    fault,
    key: (w) => JSON.stringify(w),
  };
}
