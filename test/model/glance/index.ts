import type { Rule } from '../rule.ts';
import type { StoreModel } from '../store.ts';
import { commit, prepare, transfer } from './making.ts';
import { discard, sweep } from './removal.ts';
import { change, create, type Glance, UNUSED, viewOf } from './state.ts';

/** Models a Glance: image ids that are used only once, statuses, and a property that is the mark. */
export function glance(rule: Rule): StoreModel<Glance> {
  return {
    initial: UNUSED,
    act(s, a, around) {
      switch (a.step) {
        case 'prepare':
          return prepare(rule, s, a, around);
        case 'transfer':
          return transfer(rule, s, a, around);
        case 'commit':
          return commit(rule, s, a, around);
        case 'discard':
          return discard(rule, s, a, around);
        case 'sweep':
          return sweep(rule, s, a, around);
      }
    },
    view: viewOf,
    leftover: ({ image }) => (image?.mark === 'a' ? 'an image in the making' : null),
    reserve: (s) => (s.isUsed ? null : create('b')),
    // The worst case: the other job has copied the same bytes.
    finish: (s) => change(s, { mark: '', status: 'active', version: 0 }),
    tidy: (s) => s,
  };
}
