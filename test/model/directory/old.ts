import { type Attempt, type Move, moves } from '../store.ts';
import { addPartial, change, type Directory, emptied, folderAt, rmdirs } from './state.ts';

/** The programs of the old code, which relied only on paths and on the mark. */
export function old(s: Directory, a: Attempt): Move<Directory>[] {
  const go = moves(s, a);
  const [partial, image] = [folderAt(s, 'partial'), folderAt(s, 'image')];
  const index = Number(a.seen || -1);
  const withoutPartial = () => rmdirs(change(emptied(s, s.partial), s.partial, { record: -1 }));
  switch (`${a.step} ${a.at}`) {
    case 'prepare start':
      if (image !== null) return go('finds the id taken', 'lost');
      if (partial?.mark === 'a') return go('finds its partial', 'ok');
      return go('prepares a folder aside', 'rename');
    case 'prepare rename':
      if (partial === null) return go('renames its partial into place', 'ok', addPartial(s, 'a', 0));
      return go('finds a partial in the way', partial.mark === 'a' ? 'ok' : 'lost');
    case 'transfer start':
      if (partial?.mark !== 'a') return go('finds no partial', 'lost');
      if (partial.fence > a.number) return go('is overtaken', 'lost');
      return go('raises its fence', 'check', change(s, s.partial, { fence: a.number }), `${s.partial}`);
    case 'transfer check':
      if (partial?.fence !== a.number) return go('finds its fence gone', 'lost');
      return go('finds its fence in place', 'write');
    case 'transfer write':
      return go('writes the bytes', 'ok', change(s, index, { data: a.version }));
    case 'commit start':
      if (image?.mark === 'a') return go('finds the image', 'ok');
      return partial?.mark === 'a' ? go('finds the partial', 'record') : go('finds no partial', 'lost');
    case 'commit record':
      if (partial === null) return go('finds no partial', 'lost');
      return go('writes the record', 'rename', change(s, s.partial, { record: a.version }));
    case 'commit rename':
      if (partial === null || image !== null) return go('cannot rename', 'lost');
      return go('renames the partial to the image', 'ok', { ...s, image: s.partial, partial: -1 });
    case 'discard start':
      return partial?.mark === 'a' ? go('finds the partial', 'partial') : go('finds no partial', 'image');
    case 'discard partial':
      return go('empties the partial', 'image', withoutPartial());
    case 'discard image':
      return image?.mark === 'a' ? go('finds the image', 'back') : go('finds no image', 'ok');
    case 'discard back':
      if (image === null || partial !== null) return go('finds it gone', 'ok');
      return go('renames the image to a partial', 'again', { ...s, partial: s.image, image: -1 });
    case 'discard again':
      return go('empties the partial', 'ok', partial?.mark === 'a' ? withoutPartial() : s);
  }
  return [];
}
