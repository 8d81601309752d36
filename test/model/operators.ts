import type { Step } from './check.ts';
import { cleaning, close, enter, reset, undo } from './workflow.ts';
import { can, type Job, nextAttempt, type Setting, spend, type World } from './world.ts';

/** Yields everything that people, other jobs and the workflow itself may do next. */
export function* operatorSteps<Store>(
  setting: Setting<Store>,
  w: World<Store>,
): Generator<Step<World<Store>>> {
  const { job } = w;
  if (job.phase === 'inspect')
    yield { label: 'the source is inspected', state: enter(w, 'prepare', { made: true }) };
  if (w.cleanUp.state === 'due') yield { label: 'the clean-up begins', state: cleaning(setting.rule, w) };
  if (job.paused) yield { label: 'the job goes on', state: { ...w, job: { ...job, paused: false } } };
  if (job.phase !== 'closed') yield* endings(w);
  if (can(w, 'resets') && w.known !== 'none') yield* resets(setting, w);
  if (can(w, 'deletions') && w.known !== 'none') yield* deletions(w);
  if (can(w, 'sweeps')) {
    for (const place of w.stores.keys()) {
      const sweep = { ...nextAttempt(w, 'sweep', 'start'), number: 0, place, committing: false };
      yield { label: 'a sweep begins', state: { ...spend(w, 'sweeps'), attempts: [...w.attempts, sweep] } };
    }
  }
  yield* otherJob(setting, w);
}

function* endings<Store>(w: World<Store>): Generator<Step<World<Store>>> {
  const { job } = w;
  if (!job.cancel && can(w, 'cancels')) {
    const next = spend({ ...w, job: { ...job, cancel: true } }, 'cancels');
    yield { label: 'a cancel is accepted', state: job.phase === 'inspect' ? undo(next) : next };
  }
  if (can(w, 'forces')) {
    const { run, place, committing } = job;
    const state = job.made ? 'due' : 'none';
    const next = close(spend({ ...w, job: { ...job, cancel: true } }, 'forces'), 'canceled');
    yield {
      label: 'a cancel by force closes the job',
      state: { ...next, cleanUp: { state, lease: 0, committing, run, place } },
    };
  }
  if (can(w, 'terminations'))
    yield { label: 'the job is terminated', state: close(spend(w, 'terminations'), 'terminated') };
  if (!job.paused && can(w, 'pauses'))
    yield { label: 'the job is paused', state: spend({ ...w, job: { ...job, paused: true } }, 'pauses') };
}

/** Yields the ways in which Temporal loses its records: somebody deletes them, or their time has passed. */
function* deletions<Store>(before: World<Store>): Generator<Step<World<Store>>> {
  const w = spend(before, 'deletions');
  const ended = w.job.phase === 'closed' ? w : close(w, 'terminated');
  yield { label: 'Temporal forgets the job', state: { ...ended, known: 'none', hasKnownOwner: false } };
  if (w.job.run === 0 || w.known !== 'all') return;
  const hasKnownOwner = w.job.status === 'replicated';
  yield { label: 'Temporal forgets the earlier runs', state: { ...w, known: 'last', hasKnownOwner } };
}

function* resets<Store>(
  { rule, store: { initial } }: Setting<Store>,
  before: World<Store>,
): Generator<Step<World<Store>>> {
  const w = spend(before, 'resets');
  const { reached } = w.job;
  const to = (label: string, phase: 'inspect' | Job['reached'], version?: number) => ({
    label: `the job is reset to its ${label}`,
    state: reset(rule, w, phase, { initial, ...(version !== undefined && { version }) }),
  });
  yield to('beginning', 'inspect');
  yield to('beginning, and the source has changed', 'inspect', 1);
  if (reached !== 'inspect') yield to('transfer', 'transfer');
  if (reached === 'commit') yield to('commit', 'commit');
}

function* otherJob<Store>({ store }: Setting<Store>, w: World<Store>): Generator<Step<World<Store>>> {
  const [first, ...more] = w.stores;
  if (first === undefined) return;
  const reserved = w.other === 'none' && can(w, 'others') ? store.reserve(first) : null;
  if (reserved !== null)
    yield {
      label: 'another job reserves the id',
      state: { ...spend(w, 'others'), stores: [reserved, ...more], other: 'making' },
    };
  if (w.other === 'making')
    yield {
      label: "the other job's image is whole",
      state: { ...w, stores: [store.finish(first), ...more], other: 'whole' },
    };
}
