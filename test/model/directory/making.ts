import type { Rule } from '../rule.ts';
import { type Attempt, type Move, moves } from '../store.ts';
import {
  addPartial,
  change,
  type Directory,
  folderAt,
  held,
  isAtPath,
  isEmpty,
  isFree,
  see,
  swap,
} from './state.ts';

/** Makes a place for the image, or adopts the image that an earlier run of the job has committed. */
export function prepare(s: Directory, a: Attempt): Move<Directory>[] {
  const go = moves(s, a);
  const [partial, image] = [folderAt(s, 'partial'), folderAt(s, 'image')];
  const again = (label: string) => go(label, 'start', s, '');
  switch (a.at) {
    case 'start':
      if (image === null || isEmpty(image)) return go('finds no image', 'partial');
      if (image.mark !== 'a') return go('finds the id taken', 'lost');
      if (image.doomed) return go('finds a doomed image', 'lost');
      if (image.fence > a.number) return go('is overtaken', 'lost');
      return go("finds its job's image", 'adopt', s, see(s, 'image'));
    case 'adopt': {
      const next = swap(s, a.seen, { fence: a.number });
      if (next === null) return again('finds the fence moved');
      const isRight = held(s, a.seen).folder?.record === a.version;
      return isRight
        ? go('adopts the image', 'adopted', next, '')
        : go('finds an image of other bytes', 'lost', next);
    }
    case 'partial':
      if (partial === null || isEmpty(partial)) return go('finds no partial', 'rename');
      if (partial.mark !== 'a') return go('finds the id taken', 'lost');
      if (partial.doomed) return go('finds a doomed partial', 'empty', s, see(s, 'partial'));
      if (partial.fence > a.number) return go('is overtaken', 'lost');
      return go('finds an older partial', 'doom', s, see(s, 'partial'));
    case 'rename':
      if (!isFree(s, 'partial')) return again('finds a partial in the way');
      return go('renames its partial into place', 'ok', addPartial(s, 'a', a.number));
  }
  return [];
}

/**
 * Writes the bytes. After a reset the transfer may find an image that is whole, which it adopts. It may also
 * find nothing, and then makes a place first.
 */
export function transfer(rule: Rule, s: Directory, a: Attempt): Move<Directory>[] {
  const go = moves(s, a);
  const partial = folderAt(s, 'partial');
  const { index, folder } = held(s, a.seen);
  switch (a.at) {
    case 'start':
      if (a.run > 0 && folderAt(s, 'image')?.mark === 'a') return prepare(s, a);
      if (partial === null || partial.mark !== 'a' || partial.doomed)
        return a.run > 0 ? go('finds no partial, and prepares', 'partial') : go('finds no partial', 'lost');
      if (partial.fence > a.number) return go('is overtaken', 'lost');
      return go('finds the partial', 'fence', s, see(s, 'partial'));
    case 'fence': {
      const next = swap(s, a.seen, { fence: a.number });
      if (next === null) return go('finds the fence moved', 'start', s, '');
      if (folder?.data === -2) return go('finds no file for the data', 'lost', next);
      return go('takes the fence', 'check', next, `${index}:${a.number}`);
    }
    case 'check':
      if (folder === null || folder.fence !== a.number || folder.doomed)
        return go('finds its fence gone', 'lost');
      return [
        ...go('finds its fence in place', 'write'),
        ...(folder.data < 0 ? [] : go('finds its fence in place, and has to start over', 'clear')),
      ];
    case 'write':
      // The attempt has the file open. It writes the note into the folder even while the folder is being
      // removed.
      if (folder === null || !isAtPath(s, index)) return go('writes to a folder that is gone', 'lost');
      return go(
        'writes the bytes, and notes that they are whole',
        'ok',
        change(s, index, {
          data: folder.data === -2 ? -2 : a.version,
          whole: Math.max(folder.whole, a.number),
        }),
      );
    case 'clear':
      if (rule.keepsBytes)
        return rule.numbersNotes && (folder?.whole ?? -1) > a.number
          ? go('clears the journal, and leaves the note of a later attempt', 'check')
          : go('clears the journal and the note', 'check', change(s, index, { whole: -1 }));
      return go('cuts the bytes off', 'check', change(s, index, { data: -1 }));
    case 'rename':
      if (!isFree(s, 'partial')) return go('finds a partial in the way', 'start', s, '');
      return go('renames its partial into place', 'start', addPartial(s, 'a', a.number));
    default:
      return prepare(s, a);
  }
}
