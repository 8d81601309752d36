import { attemptSteps } from './attempts.ts';
import type { Model } from './check.ts';
import { faultOf } from './faults.ts';
import { operatorSteps } from './operators.ts';
import type { Rule } from './rule.ts';
import type { StoreModel } from './store.ts';
import { beginning, type Setting, settled, type Troubles, type World } from './world.ts';

/** Models one job from its start to long after its end, with all troubles that may happen. */
export function jobModel<Store>(
  store: StoreModel<Store>,
  rule: Rule,
  troubles: Troubles,
): Model<World<Store>> {
  const setting: Setting<Store> = { store, rule, troubles };
  return {
    initial: beginning(setting),
    *next(w) {
      for (const a of w.attempts) {
        for (const { label, state } of attemptSteps(setting, w, a))
          yield { label, state: settled(setting, state) };
      }
      for (const { label, state } of operatorSteps(setting, w))
        yield { label, state: settled(setting, state) };
    },
    fault: (w) => faultOf(setting, w),
    key: (w) => JSON.stringify(w),
  };
}
