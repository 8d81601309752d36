import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves } from '../store.ts';
import { change, type Directory, folderAt, held, isFree, see, swap } from './state.ts';

/** Writes the record, and renames the folder to where everybody sees it. */
export function commit(rule: Rule, s: Directory, a: Attempt): Move<Directory>[] {
  const go = moves(s, a);
  const [partial, image] = [folderAt(s, 'partial'), folderAt(s, 'image')];
  const { index, folder } = held(s, a.seen);
  const again = (label: string) => go(label, 'start', s, '');
  switch (a.at) {
    case 'start':
      if (image?.mark === 'a') {
        if (image.doomed || image.fence > a.number) return go('is overtaken', 'lost');
        return go('finds the image', 'take', s, see(s, 'image'));
      }
      if (partial === null || partial.mark !== 'a' || partial.doomed) return go('finds no partial', 'lost');
      if (partial.fence > a.number) return go('is overtaken', 'lost');
      return go('finds the partial', 'fence', s, see(s, 'partial'));
    case 'take': {
      const next = swap(s, a.seen, { fence: a.number });
      return next === null ? again('finds the fence moved') : go('finds it committed', 'ok', next);
    }
    case 'fence': {
      const next = swap(s, a.seen, { fence: a.number });
      if (next === null) return again('finds the fence moved');
      if (rule.commitsWholeOnly && !folder?.whole) return go('takes the fence of half a copy', 'lost', next);
      return go('takes the fence', 'record', next, `${index}:${a.number}`);
    }
    case 'record':
      if (folder === null || (rule.createsOnce && !folder.room)) return go('finds no file', 'lost');
      return go('writes the record', 'mark?', change(s, index, { record: a.version }));
    case 'mark?':
      if (folder?.mark === 'a') return go('finds the mark', 'rename');
      return go('finds the folder emptied, and removes the record', 'lost', change(s, index, { record: -1 }));
    case 'rename':
      if (rule.looksBeforeRename && s.partial !== index) return go('finds its folder gone', 'verify');
      if (rule.limits.frozenBeforeRename) return go('finds its folder in place', 'late rename');
      return renamed();
    case 'late rename':
      return renamed();
    case 'verify':
      if (s.image !== index || folder?.fence !== a.number || folder.doomed) return go('is overtaken', 'lost');
      return go('finds the image whole', 'ok');
  }
  return [];

  function renamed(): Move<Directory>[] {
    if (partial === null || !isFree(s, 'image')) return go('cannot rename', 'verify');
    const after = { ...s, image: s.partial, partial: -1 };
    return go('renames what is at the path of partials', 'verify', after);
  }
}
