import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves, type Surroundings } from '../store.ts';
import { change, type Directory, emptied, folderAt, held, isEmpty, rmdirs, see, swap } from './state.ts';

/** What all who remove have in common: dooms, and then empties through the open folder. */
export function removal(rule: Rule, s: Directory, a: Attempt): Move<Directory>[] {
  const go = moves(s, a);
  const { index } = held(s, a.seen);
  const sweeps = a.step === 'sweep';
  switch (a.at) {
    case 'doom': {
      const isElsewhere = sweeps && rule.sweepsWhatWasListed && s.partial !== index;
      const next = isElsewhere
        ? null
        : swap(s, a.seen, { doomed: true, ...(!sweeps && { fence: a.number }) });
      if (next === null) return go('finds the fence moved', sweeps ? 'gone' : 'start', s, '');
      return go('dooms the folder that it has seen', 'empty', next);
    }
    case 'empty':
      return go(
        'removes the record of the doomed folder',
        'unmark',
        change(s, index, { record: -1, room: false }),
      );
    case 'unmark':
      return go('removes the data and the mark', 'rmdir', emptied(s, index));
    case 'rmdir':
      return go('removes empty folders', sweeps ? 'gone' : 'start', rmdirs(s), '');
  }
  return [];
}

/** Removes what the job has in the making, and what it has committed, where it undoes that commit. */
export function discard(rule: Rule, s: Directory, a: Attempt, around: Surroundings): Move<Directory>[] {
  const go = moves(s, a);
  const [partial, image] = [folderAt(s, 'partial'), folderAt(s, 'image')];
  switch (a.at) {
    case 'closed?':
      if (!around.isClosed) return go('finds the chain open', 'ok');
      if (rule.cleansOwnRunOnly && !around.isLastRun) return go('finds a later run', 'ok');
      return go('finds the chain closed', 'start');
    case 'start':
      if (partial?.mark === 'a') {
        if (partial.doomed) return go('finds a doomed partial', 'empty', s, see(s, 'partial'));
        if (partial.fence > a.number) return go('is overtaken', 'ok');
        return go('finds the partial', 'doom', s, see(s, 'partial'));
      }
      if (partial !== null && isEmpty(partial)) return go('finds an empty folder', 'rmdir');
      return go('finds no partial', 'image');
    case 'image':
      if (image !== null && isEmpty(image)) return go('finds an empty folder', 'rmdir');
      if (image?.mark !== 'a') return go('finds no image', 'ok');
      if (image.doomed) return go('finds a doomed image', 'empty', s, see(s, 'image'));
      if (rule.sparesCommitted && !a.committing) return go('spares the image', 'ok');
      if (image.fence > a.number) return go('is overtaken', 'ok');
      return go('finds the image', 'doom', s, see(s, 'image'));
  }
  return [];
}

/** Removes what bears the mark of a chain that is closed. */
export function sweep(s: Directory, a: Attempt, around: Surroundings): Move<Directory>[] {
  const go = moves(s, a);
  const [partial, image] = [folderAt(s, 'partial'), folderAt(s, 'image')];
  switch (a.at) {
    case 'start':
      if (partial !== null && isEmpty(partial)) return go('lists an empty folder', 'rmdir');
      if (partial?.mark === 'a') return go('lists the partial', 'closed?', s, see(s, 'partial'));
      if (image !== null && isEmpty(image)) return go('lists an empty folder', 'rmdir');
      if (image?.mark === 'a' && image.doomed)
        return go('lists a doomed image', 'closed?', s, see(s, 'image'));
      return go('lists nothing', 'gone');
    case 'closed?':
      if (!around.isClosed) return go('finds the chain open', 'gone');
      return go('finds the chain closed', held(s, a.seen).folder?.doomed ? 'empty' : 'doom');
  }
  return [];
}
