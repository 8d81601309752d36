import type { Attempt, StoreModel, View } from './store.ts';
import { beginning, nextAttempt, type Setting, type World } from './world.ts';

/**
 * Says what is wrong with an action that removes an unfinished image, or returns `null` if nothing is wrong.
 */
export function harmOf<Store>({ job }: World<Store>, a: Attempt, before: View, after: View): string | null {
  const { making } = before;
  if (making === null || making.mark !== 'a' || making.doomed) return null;
  if (after.making !== null && !after.making.doomed) return null;
  if (after.image !== null && before.image === null) return null;
  if (a.step !== 'sweep')
    return making.by > a.number ? 'an attempt removes what a later one has taken' : null;
  const isOld = job.phase === 'closed' || making.by <= job.since;
  return isOld ? null : 'a sweep removes what an open job makes';
}

/** Says what is wrong with a state, or returns `undefined` if nothing is wrong. */
export function faultOf<Store>(setting: Setting<Store>, w: World<Store>): string | undefined {
  if (w.harm !== null) return w.harm;
  const { store, troubles } = setting;
  const views = w.stores.map((s) => store.view(s));
  const images = views.flatMap(({ image }) => image ?? []);
  const own = images.filter(({ mark }) => mark !== 'b');
  if (w.other !== 'none') {
    const { making = null, image = null } = views[0] ?? {};
    const isMaking = making?.mark === 'b' && !making.doomed && image === null;
    if (w.other === 'making' && !isMaking) return 'what another job makes is not as it was';
    if (w.other === 'whole' && (image?.mark !== 'b' || !image.whole)) return "another job's image is gone";
  }
  if (own.length > 1 && !mayStay(setting, w)) return 'a job has two images';
  if (w.promised && !own.some(({ whole }) => whole))
    return 'the job was replicated, and its image is not whole';
  const { failures, resets } = w.left;
  const hasReason = failures < troubles.failures || resets < troubles.resets || w.other !== 'none';
  if (w.job.failed && !hasReason) return 'the job fails for no reason';
  return w.job.phase === 'closed' && w.cleanUp.state === 'none' ? faultAtEnd(setting, w, own) : undefined;
}

/** Tells whether a committed image may stay because Temporal has forgotten a run. */
function mayStay<Store>({ rule }: Setting<Store>, { known }: World<Store>): boolean {
  return known !== 'all' && !rule.limits.forgottenImagesStay;
}

function faultAtEnd<Store>(
  setting: Setting<Store>,
  w: World<Store>,
  own: readonly { readonly whole: boolean }[],
): string | undefined {
  const { store, rule } = setting;
  const { job, promised, stores, attempts } = w;
  if (job.cancel && !['canceled', 'terminated'].includes(job.status))
    return 'an accepted cancel does not win';
  // An attempt is still about to take back a record that it has written late.
  const takesBack = rule.takesBack && attempts.some(({ at }) => at === 'recheck' || at.endsWith('take back'));
  if (rule.fenced && takesBack && !rule.limits.diesAfterLateRecord) return undefined;
  if (own.some(({ whole }) => !whole)) return 'an image that is not whole can be seen';
  const isOver = job.status === 'canceled' || job.status === 'error';
  if (isOver && !promised && own.length > 0 && !mayStay(setting, w))
    return `the job is ${job.status}, and has an image`;
  // The old code had no sweep.
  if (!rule.fenced) {
    const rest =
      isOver && attempts.length === 0 && stores.map((s) => store.leftover(s)).find((r) => r !== null);
    return rest ? `the job is ${job.status}, and leaves ${rest}` : undefined;
  }
  const isKnown = w.known !== 'none';
  const rest = stores.map((s) => store.leftover(swept(store, rule, s, isKnown))).find((r) => r !== null);
  return rest ? `a sweep leaves ${rest}` : undefined;
}

/** Returns the store as sweeps leave it after every process has died. */
function swept<Store>(
  model: StoreModel<Store>,
  rule: Setting<Store>['rule'],
  store: Store,
  isKnown: boolean,
): Store {
  const none = { total: 0, timeouts: 0, resets: 0, cancels: 0, forces: 0, terminations: 0 };
  const troubles = { ...none, failures: 0, pauses: 0, sweeps: 0, others: 0, deletions: 0 };
  const around = { isClosed: true, isKnown, claim: 'unknown', undoes: false, mayRemove: true } as const;
  const sweep: Attempt = {
    ...nextAttempt(beginning({ store: model, rule, troubles }), 'sweep', 'start'),
    number: 0,
  };
  let left = store;
  for (let round = 0; round < 5; round += 1) {
    let at = sweep;
    while (at.at !== 'gone') {
      const [move] = model.act(left, at, around);
      if (move === undefined) break;
      left = move.store;
      at = { ...at, at: move.at, seen: move.seen ?? at.seen };
    }
  }
  return left;
}
