import type { Rule } from '../rule.ts';
import type { StoreModel } from '../store.ts';
import { commit } from './commit.ts';
import { prepare, transfer } from './making.ts';
import { old } from './old.ts';
import { discard, removal, sweep } from './removal.ts';
import { addPartial, change, type Directory, EMPTY, folderAt, isEmpty, isFree, viewOf } from './state.ts';

/** Models a directory store: its folders, the paths that lead to them, and renames. */
export function directory(rule: Rule): StoreModel<Directory> {
  return {
    initial: EMPTY,
    act(s, a, around) {
      if (!rule.fenced) return old(s, a);
      const removing = removal(rule, s, a);
      if (removing.length > 0) return removing;
      switch (a.step) {
        case 'prepare':
          return prepare(s, a);
        case 'transfer':
          return transfer(rule, s, a);
        case 'commit':
          return commit(rule, s, a);
        case 'discard':
          return discard(rule, s, a, around);
        case 'sweep':
          return sweep(rule, s, a, around);
      }
    },
    view: viewOf,
    leftover(s) {
      for (const path of ['partial', 'image'] as const) {
        const f = folderAt(s, path);
        if (f === null || f.mark === 'b' || isEmpty(f)) continue;
        if (f.mark === '') return 'a folder that bears no mark';
        if (path === 'partial') return 'a partial';
        // A doomed folder that still has its record is an image, which sweeps leave alone.
        if (f.record < 0) return 'a half removed image';
      }
      return null;
    },
    reserve: (s) => (isFree(s, 'partial') && isFree(s, 'image') ? addPartial(s, 'b', 0) : null),
    finish: (s) => ({
      ...change(s, s.partial, { data: 9, whole: 9, record: 9 }),
      image: s.partial,
      partial: -1,
    }),
    tidy(s, attempts) {
      const open = new Set(attempts.map(({ seen }) => Number(seen.split(':')[0] || -1)));
      const folders = s.folders.map((f, i) => (i === s.partial || i === s.image || open.has(i) ? f : null));
      while (folders.length > 0 && folders.at(-1) === null) folders.pop();
      return { ...s, folders };
    },
  };
}
