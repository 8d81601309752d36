import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves } from '../store.ts';
import { change, type Directory, folderAt, held, isAtPath, isFree, type Path, see, swap } from './state.ts';

/** Writes the record, and renames the folder to the path where everybody can see it. */
export function commit(rule: Rule, s: Directory, a: Attempt): Move<Directory>[] {
  const go = moves(s, a);
  const { index, folder } = held(s, a.seen);
  switch (a.at) {
    case 'start':
      return folderAt(s, 'image')?.mark === 'a' ? found('image') : found('partial');
    case 'fence': {
      const next = swap(s, a.seen, { fence: a.number });
      if (next === null) return go('finds the fence moved', 'start', s, '');
      if (isCommitted()) return go('finds it committed', 'ok', next);
      if (rule.commitsWholeOnly && (folder?.whole ?? -1) < 0)
        return go('takes the fence of half a copy', 'lost', next);
      return go('takes the fence', 'record', next, `${index}:${a.number}`);
    }
    case 'record':
      if (!isAtPath(s, index)) return go('finds the folder gone', 'lost');
      return go(
        'writes the record',
        rule.looksAfterRecord ? 'recheck' : 'rename',
        change(s, index, { record: a.version }),
      );
    case 'recheck':
      if (folder?.fence === a.number && !folder.doomed) return go('finds its fence in place', 'rename');
      if (folder?.mark === 'a' && folder.fence >= 0 && !folder.doomed) return go('is overtaken', 'lost');
      return go('finds the folder doomed', 'take back');
    case 'take back':
      return go('takes its record back', 'lost', change(s, index, { record: -1 }));
    case 'rename':
      if (s.image === index) return go('finds the folder in its place', 'verify');
      if (rule.looksBeforeRename && s.partial !== index) return go('finds its folder gone', 'verify');
      if (rule.limits.frozenBeforeRename) return go('finds its folder in place', 'late rename');
      return renamed();
    case 'late rename':
      return renamed();
    case 'verify':
      return s.image === index ? go('finds the image whole', 'ok') : go('finds its folder gone', 'lost');
  }
  return [];

  function found(path: Path): Move<Directory>[] {
    const there = folderAt(s, path);
    if (there?.mark !== 'a' || there.doomed) return go(`finds no ${path}`, 'lost');
    if (there.fence > a.number) return go('is overtaken', 'lost');
    return go(`finds the ${path}`, 'fence', s, see(s, path));
  }
  function isCommitted(): boolean {
    return s.image === index && (!rule.finishesAtImage || (folder?.record ?? -1) >= 0);
  }
  function renamed(): Move<Directory>[] {
    if (folderAt(s, 'partial') === null || !isFree(s, 'image')) return go('cannot rename', 'verify');
    const after = { ...s, image: s.partial, partial: -1 };
    return go('renames what is at the path of partials', 'verify', after);
  }
}
