import type { Rule } from './rule.ts';
import type { Attempt, Move, StoreModel, Surroundings, View } from './store.ts';

/** A folder: whoever holds it open reaches this one, wherever its path has come to lead. */
interface Folder {
  /** Whose mark is in it; empty where the mark was removed. */
  readonly mark: string;
  readonly fence: number;
  readonly doomed: boolean;
  readonly by: number;
  /** Which bytes of the source it has; -1: none. */
  readonly data: number;
  /** Which bytes the record in it tells of; -1: no record. */
  readonly record: number;
}

export interface Directory {
  readonly folders: readonly (Folder | null)[];
  /** Which folder is at a path; -1: none. */
  readonly partial: number;
  readonly image: number;
}

type Path = 'partial' | 'image';
const isEmpty = (f: Folder) => f.mark === '' && f.record < 0;

function folderAt(s: Directory, path: Path): Folder | null {
  return s.folders[s[path]] ?? null;
}
function change(s: Directory, index: number, changes: Partial<Folder>): Directory {
  return { ...s, folders: s.folders.map((f, i) => (i === index && f !== null ? { ...f, ...changes } : f)) };
}
function isFree(s: Directory, path: Path): boolean {
  const f = folderAt(s, path);
  return f === null || isEmpty(f);
}
function add(s: Directory, path: Path, folder: Folder): Directory {
  return { ...s, folders: [...s.folders, folder], [path]: s.folders.length };
}
/** Removes empty folders from both paths. */
function rmdirs(s: Directory): Directory {
  return { ...s, partial: isFree(s, 'partial') ? -1 : s.partial, image: isFree(s, 'image') ? -1 : s.image };
}
const fresh = (mark: string, by: number): Folder => ({
  mark,
  fence: by,
  doomed: false,
  by,
  data: -1,
  record: -1,
});

export function directory(rule: Rule): StoreModel<Directory> {
  return {
    initial: { folders: [], partial: -1, image: -1 },
    act: (s, a, around) => (rule.fenced ? fenced(rule, s, a, around) : old(s, a)),
    view,
    leftover(s) {
      for (const path of ['partial', 'image'] as const) {
        const f = folderAt(s, path);
        if (f === null || f.mark === 'b') continue;
        if (path === 'partial') return f.mark === '' ? 'a folder that bears no mark' : 'a partial';
        if (f.doomed || f.record < 0) return 'a half removed image';
      }
      return null;
    },
    reserve: (s) => (isFree(s, 'partial') && isFree(s, 'image') ? add(s, 'partial', fresh('b', 0)) : null),
    finish: (s) => ({ ...change(s, s.partial, { data: 9, record: 9 }), image: s.partial, partial: -1 }),
    tidy(s, attempts) {
      const held = new Set(attempts.map(({ seen }) => Number(seen.split(':')[0] || -1)));
      const folders = s.folders.map((f, i) => (i === s.partial || i === s.image || held.has(i) ? f : null));
      while (folders.length > 0 && folders.at(-1) === null) folders.pop();
      return { ...s, folders };
    },
  };
}

function view(s: Directory): View {
  const image = folderAt(s, 'image');
  const partial = folderAt(s, 'partial');
  const inMaking = partial !== null && partial.mark !== '' ? partial : null;
  return {
    image:
      image === null || image.record < 0
        ? null
        : { mark: image.mark, whole: image.mark !== '' && image.data === image.record, by: image.fence },
    making: inMaking && { mark: inMaking.mark, doomed: inMaking.doomed, by: inMaking.fence },
  };
}

/** The programs of the new code. */
function fenced(rule: Rule, s: Directory, a: Attempt, around: Surroundings): Move<Directory>[] {
  const n = a.number;
  const [index = -1, fence = -1] = a.seen === '' ? [] : a.seen.split(':').map(Number);
  const held = s.folders[index] ?? null;
  const to = (label: string, at: string, store = s, seen = a.seen): Move<Directory>[] => [
    { label, store, at, seen },
  ];
  const see = (path: Path) => `${s[path]}:${folderAt(s, path)?.fence}`;
  /** Moves the fence by a rename from its exact name. */
  const swap = (changes: Partial<Folder>) =>
    held !== null && held.mark === 'a' && held.fence === fence && !held.doomed
      ? change(s, index, { fence: n, ...changes })
      : null;
  const restart = (label: string) => to(label, a.step === 'sweep' ? 'gone' : 'start', s, '');

  switch (a.at) {
    case 'doom': {
      const next = swap({ doomed: true, ...(a.step === 'sweep' && { fence }) });
      return next === null
        ? restart('finds the fence moved')
        : to('dooms the folder that it has seen', 'empty', next);
    }
    case 'empty':
      return to('empties the doomed folder', 'rmdir', change(s, index, { mark: '', data: -1, record: -1 }));
    case 'rmdir':
      return to('removes empty folders', a.step === 'sweep' ? 'gone' : 'start', rmdirs(s), '');
  }
  const partial = folderAt(s, 'partial');
  const image = folderAt(s, 'image');
  if (a.step === 'prepare') {
    switch (a.at) {
      case 'start':
        if (image === null || isEmpty(image)) return to('finds no image', 'partial');
        if (image.mark !== 'a') return to('finds the id taken', 'lost');
        if (image.doomed) return to('finds a doomed image', 'empty', s, see('image'));
        if (image.fence > n) return to('is overtaken', 'lost');
        if (image.record !== a.version) return to('finds an image of other bytes', 'lost');
        return to("finds its job's image", 'adopt', s, see('image'));
      case 'adopt': {
        const next = swap({});
        return next === null ? restart('finds the fence moved') : to('adopts the image', 'adopted', next, '');
      }
      case 'partial':
        if (partial === null || isEmpty(partial)) return to('finds no partial', 'rename');
        if (partial.mark !== 'a') return to('finds the id taken', 'lost');
        if (partial.doomed) return to('finds a doomed partial', 'empty', s, see('partial'));
        if (partial.fence > n) return to('is overtaken', 'lost');
        return to('finds an older partial', 'doom', s, see('partial'));
      case 'rename':
        if (!isFree(s, 'partial')) return restart('finds a partial in the way');
        return to('renames its partial into place', 'ok', add(s, 'partial', fresh('a', n)));
    }
  }
  if (a.step === 'transfer') {
    switch (a.at) {
      case 'start':
        if (partial === null || partial.mark !== 'a' || partial.doomed) return to('finds no partial', 'lost');
        if (partial.fence > n) return to('is overtaken', 'lost');
        return to('finds the partial', 'fence', s, see('partial'));
      case 'fence': {
        const next = swap({});
        return next === null
          ? restart('finds the fence moved')
          : to('takes the fence', 'check', next, `${index}:${n}`);
      }
      case 'check':
        if (held === null || held.fence !== n || held.doomed) return to('finds its fence gone', 'lost');
        return [
          ...to('finds its fence in place', 'write'),
          ...(held.data < 0 ? [] : to('finds its fence in place, and has to start over', 'clear')),
        ];
      case 'write':
        return to('writes the bytes', 'ok', held?.mark === 'a' ? change(s, index, { data: a.version }) : s);
      case 'clear':
        return to(
          'forgets every byte',
          'check',
          held?.mark === 'a' && !rule.keepsBytes ? change(s, index, { data: -1 }) : s,
        );
    }
  }
  if (a.step === 'commit') {
    switch (a.at) {
      case 'start':
        if (image?.mark === 'a') {
          if (image.doomed || image.fence > n) return to('is overtaken', 'lost');
          return to('finds the image', 'take', s, see('image'));
        }
        if (partial === null || partial.mark !== 'a' || partial.doomed) return to('finds no partial', 'lost');
        if (partial.fence > n) return to('is overtaken', 'lost');
        if (partial.fence < a.filled) return to('finds a partial that nobody has filled', 'lost');
        return to('finds the partial', 'fence', s, see('partial'));
      case 'take': {
        const next = swap({});
        return next === null ? restart('finds the fence moved') : to('finds it committed', 'ok', next);
      }
      case 'fence': {
        const next = swap({});
        return next === null
          ? restart('finds the fence moved')
          : to('takes the fence', 'record', next, `${index}:${n}`);
      }
      case 'record':
        if (
          held === null ||
          (s.partial !== index && s.image !== index) ||
          (rule.createsOnce && held.mark === '')
        )
          return to('finds the folder gone', 'lost');
        return to('writes the record', 'rename', change(s, index, { record: a.version }));
      case 'rename':
        if (partial === null || !isFree(s, 'image') || (rule.namesIncarnations && s.partial !== index))
          return restart('cannot rename');
        return to('renames what is at the path of partials', 'verify', {
          ...s,
          image: s.partial,
          partial: -1,
        });
      case 'verify':
        if (s.image !== index || held?.fence !== n || held.doomed) return to('is overtaken', 'lost');
        return to('finds the image whole', 'ok');
    }
  }
  if (a.step === 'discard') {
    switch (a.at) {
      case 'closed?':
        if (!around.isClosed) return to('finds the chain open', 'ok');
        if (rule.cleansOwnRunOnly && !around.isLastRun) return to('finds a later run', 'ok');
        return to('finds the chain closed', 'start');
      case 'start':
        if (partial?.mark === 'a') {
          if (partial.doomed) return to('finds a doomed partial', 'empty', s, see('partial'));
          if (partial.fence > n) return to('is overtaken', 'ok');
          return to('finds the partial', 'doom', s, see('partial'));
        }
        if (partial !== null && isEmpty(partial)) return to('finds an empty folder', 'rmdir');
        return to('finds no partial', 'image');
      case 'image':
        if (image !== null && isEmpty(image)) return to('finds an empty folder', 'rmdir');
        if (image?.mark !== 'a') return to('finds no image', 'ok');
        if (image.doomed) return to('finds a doomed image', 'empty', s, see('image'));
        if (rule.sparesCommitted && !a.committing) return to('spares the image', 'ok');
        if (image.fence > n) return to('is overtaken', 'ok');
        return to('finds the image', 'doom', s, see('image'));
    }
  }
  if (a.step === 'sweep') {
    switch (a.at) {
      case 'start':
        if (partial !== null && isEmpty(partial)) return to('lists an empty folder', 'rmdir');
        if (partial?.mark === 'a') return to('lists the partial', 'closed?', s, see('partial'));
        if (image !== null && isEmpty(image)) return to('lists an empty folder', 'rmdir');
        if (image?.mark === 'a' && image.doomed)
          return to('lists a doomed image', 'closed?', s, see('image'));
        return to('lists nothing', 'gone');
      case 'again':
        if (held?.doomed) return to('finds it doomed', 'empty');
        if (see('partial') !== a.seen) return to('finds something else', 'gone');
        return to('finds it as it was', 'doom');
      case 'closed?':
        if (!around.isClosed) return to('finds the chain open', 'gone');
        return to('finds the chain closed', rule.listsAgain ? 'again' : held?.doomed ? 'empty' : 'doom');
    }
  }
  return [];
}

/** The programs of the code as it was: by paths, and by the mark alone. */
function old(s: Directory, a: Attempt): Move<Directory>[] {
  const n = a.number;
  const to = (label: string, at: string, store = s, seen = a.seen): Move<Directory>[] => [
    { label, store, at, seen },
  ];
  const partial = folderAt(s, 'partial');
  const image = folderAt(s, 'image');
  const index = Number(a.seen || -1);
  const emptied = (store: Directory) =>
    rmdirs(change(store, store.partial, { mark: '', data: -1, record: -1 }));
  switch (`${a.step} ${a.at}`) {
    case 'prepare start':
      if (image !== null) return to('finds the id taken', 'lost');
      if (partial?.mark === 'a') return to('finds its partial', 'ok');
      return to('prepares a folder aside', 'rename');
    case 'prepare rename':
      if (partial === null)
        return to('renames its partial into place', 'ok', add(s, 'partial', fresh('a', n)));
      return to('finds a partial in the way', partial.mark === 'a' ? 'ok' : 'lost');
    case 'transfer start':
      if (partial?.mark !== 'a') return to('finds no partial', 'lost');
      if (partial.fence > n) return to('is overtaken', 'lost');
      return to('raises its fence', 'check', change(s, s.partial, { fence: n }), `${s.partial}`);
    case 'transfer check':
      if (partial?.fence !== n && partial?.by !== n) return to('finds its fence gone', 'lost');
      return to('finds its fence in place', 'write');
    case 'transfer write':
      return to('writes the bytes', 'ok', change(s, index, { data: a.version }));
    case 'commit start':
      if (image?.mark === 'a') return to('finds the image', 'ok');
      if (partial?.mark !== 'a') return to('finds no partial', 'lost');
      return to('finds the partial', 'record');
    case 'commit record':
      if (partial === null) return to('finds no partial', 'lost');
      return to('writes the record', 'rename', change(s, s.partial, { record: a.version }));
    case 'commit rename':
      if (partial === null || image !== null) return to('cannot rename', 'lost');
      return to('renames the partial to the image', 'ok', { ...s, image: s.partial, partial: -1 });
    case 'discard closed?':
      return to('begins', 'start');
    case 'discard start':
      return partial?.mark === 'a' ? to('finds the partial', 'partial') : to('finds no partial', 'image');
    case 'discard partial':
      return to('empties the partial', 'image', emptied(s));
    case 'discard image':
      return image?.mark === 'a' ? to('finds the image', 'back') : to('finds no image', 'ok');
    case 'discard back':
      if (image === null || partial !== null) return to('finds it gone', 'ok');
      return to('renames the image to a partial', 'again', { ...s, partial: s.image, image: -1 });
    case 'discard again':
      return to('empties the partial', 'ok', partial?.mark === 'a' ? emptied(s) : s);
  }
  return [];
}
