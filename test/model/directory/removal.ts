import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves, onceClosed, type Surroundings } from '../store.ts';
import {
  change,
  type Directory,
  emptied,
  folderAt,
  held,
  isAtPath,
  isEmpty,
  rmdirs,
  see,
  swap,
} from './state.ts';

/** The moves of every removal: it dooms the folder, and then empties it through its open descriptor. */
export function removal(rule: Rule, s: Directory, a: Attempt): Move<Directory>[] {
  const go = moves(s, a);
  const { index, folder } = held(s, a.seen);
  const sweeps = a.step === 'sweep';
  switch (a.at) {
    case 'doom': {
      const isImage = s.partial !== index && (folder?.record ?? -1) >= 0;
      const isElsewhere = sweeps && rule.sweepsWhatWasListed && (isImage || !isAtPath(s, index));
      const next = isElsewhere
        ? null
        : swap(s, a.seen, { doomed: true, ...(!sweeps && { fence: a.number }) });
      if (next === null) return go('finds the fence moved', sweeps ? 'gone' : 'start', s, '');
      return go('dooms the folder that it has seen', 'empty', next);
    }
    case 'empty':
      return go('removes the record of the doomed folder', 'data', change(s, index, { record: -1 }));
    case 'data':
      return go(
        'removes the data and the doom',
        'unmark',
        change(s, index, { data: -2, whole: -1, doomed: false, fence: -1 }),
      );
    case 'unmark':
      return go('removes the mark', 'rmdir', change(s, index, { mark: '' }));
    case 'rmdir':
      if (folder !== null && isAtPath(s, index) && !isEmpty(folder))
        return go('finds the folder filled again', 'empty');
      return go('removes empty folders', sweeps ? 'gone' : 'start', rmdirs(s), '');
  }
  return [];
}

/**
 * Removes the unfinished image of the job. If it undoes a commit, it removes the image of that commit too.
 */
export function discard(rule: Rule, s: Directory, a: Attempt, around: Surroundings): Move<Directory>[] {
  const go = moves(s, a);
  const [partial, image] = [folderAt(s, 'partial'), folderAt(s, 'image')];
  switch (a.at) {
    case 'closed?':
      return onceClosed(go('finds the chain closed', 'start'), rule, a, around);
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
      if (rule.sparesCommitted && !a.committing) return go('spares the image', 'ok');
      if (image.doomed) return go('finds a doomed image', 'empty', s, see(s, 'image'));
      if (image.fence > a.number) return go('is overtaken', 'ok');
      return go('finds the image', 'doom', s, see(s, 'image'));
  }
  return [];
}

/**
 * Removes files without a mark, which nobody can attribute to a job. A sweep waits until they are a day old,
 * when their writer is gone. So all of them are removed in one step.
 */
function withoutUnmarked(rule: Rule, s: Directory): Directory | null {
  for (const path of ['partial', 'image'] as const) {
    const found = folderAt(s, path);
    const isSwept = path === 'partial' ? rule.sweepsUnmarked : rule.sweepsUnmarkedImages;
    if (!isSwept || found === null || found.mark !== '' || found.data !== -2 || isEmpty(found)) continue;
    if (path === 'image' && found.record >= 0) continue;
    return rmdirs(change(emptied(s, s[path]), s[path], { record: -1 }));
  }
  return null;
}

/** Removes what has the mark of a closed chain, and what is old and has no mark. */
export function sweep(rule: Rule, s: Directory, a: Attempt, around: Surroundings): Move<Directory>[] {
  const go = moves(s, a);
  const [partial, image] = [folderAt(s, 'partial'), folderAt(s, 'image')];
  switch (a.at) {
    case 'start': {
      if (partial?.mark === 'a') return go('lists the partial', 'closed?', s, see(s, 'partial'));
      if (image?.mark === 'a' && image.record < 0)
        return go('lists an image without a record', 'closed?', s, see(s, 'image'));
      const after = withoutUnmarked(rule, s);
      return after === null ? go('lists nothing', 'gone') : go('removes what bears no mark', 'gone', after);
    }
    case 'closed?':
      if (!around.isClosed) return go('finds the chain open', 'gone');
      return go('finds the chain closed', held(s, a.seen).folder?.doomed ? 'empty' : 'doom');
  }
  return [];
}
