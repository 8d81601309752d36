import type { View } from '../store.ts';

/** A folder. An attempt that has opened it keeps reaching it, even if its path now leads elsewhere. */
export interface Folder {
  /** The job whose mark the folder has; empty if the mark was removed. */
  readonly mark: string;
  /** The number in the name of the fence or the doom; -1 if there is no such file. */
  readonly fence: number;
  readonly doomed: boolean;
  /**
   * The version of the source whose bytes the folder holds; -1 if there are none yet; -2 if the file was
   * removed.
   */
  readonly data: number;
  /** The highest attempt that has noted that it has flushed all bytes; -1 if there is no note. */
  readonly whole: number;
  /** The version that the record in the folder describes; -1 if there is no record. */
  readonly record: number;
}

export interface Directory {
  readonly folders: readonly (Folder | null)[];
  /** The folder at the path of an unfinished image; -1 if there is none. */
  readonly partial: number;
  readonly image: number;
}

export type Path = 'partial' | 'image';

export const EMPTY: Directory = { folders: [], partial: -1, image: -1 };

const NO_FILES: Partial<Folder> = { mark: '', fence: -1, doomed: false, data: -2, whole: -1 };

export function isEmpty({ mark, record, whole, fence, data }: Folder): boolean {
  return mark === '' && record < 0 && whole < 0 && fence < 0 && data === -2;
}

export function folderAt(s: Directory, path: Path): Folder | null {
  return s.folders[s[path]] ?? null;
}

/** Changes a folder through its descriptor. */
export function change(s: Directory, index: number, changes: Partial<Folder>): Directory {
  return { ...s, folders: s.folders.map((f, i) => (i === index && f !== null ? { ...f, ...changes } : f)) };
}

/** Tells whether a rename to this path would succeed. */
export function isFree(s: Directory, path: Path): boolean {
  const f = folderAt(s, path);
  return f === null || isEmpty(f);
}

/** Renames a new partial to its path. */
export function addPartial(s: Directory, mark: string, fence: number): Directory {
  const folder: Folder = { mark, fence, doomed: false, data: -1, whole: -1, record: -1 };
  return { ...s, folders: [...s.folders, folder], partial: s.folders.length };
}

/** Removes all files of a folder except the record. */
export function emptied(s: Directory, index: number): Directory {
  return change(s, index, NO_FILES);
}

/** Tells whether a path still leads to the folder. Nothing can be put into a folder that was removed. */
export function isAtPath(s: Directory, index: number): boolean {
  return index >= 0 && (index === s.partial || index === s.image);
}

/** Removes empty folders from both paths, as rmdir does. */
export function rmdirs(s: Directory): Directory {
  return { ...s, partial: isFree(s, 'partial') ? -1 : s.partial, image: isFree(s, 'image') ? -1 : s.image };
}

export function viewOf(s: Directory): View {
  const image = folderAt(s, 'image');
  const partial = folderAt(s, 'partial');
  const making = partial !== null && partial.mark !== '' ? partial : null;
  return {
    image:
      image === null || image.record < 0
        ? null
        : { mark: image.mark, whole: image.mark !== '' && image.data === image.record },
    // A removal has begun if the data is gone, even if the doom is gone too.
    making: making && {
      mark: making.mark,
      doomed: making.doomed || making.data === -2,
      by: making.fence,
    },
  };
}

/** Returns what an attempt remembers: a folder, and the fence that it has read there. */
export function held(s: Directory, seen: string) {
  const [index = -1, fence = -1] = seen === '' ? [] : seen.split(':').map(Number);
  return { index, fence, folder: s.folders[index] ?? null };
}

/** Returns what an attempt remembers after it has looked at the folder at this path. */
export function see(s: Directory, path: Path): string {
  return `${s[path]}:${folderAt(s, path)?.fence}`;
}

/** Moves the fence by a rename of its exact name. Returns `null` if that name is gone. */
export function swap(s: Directory, seen: string, changes: Partial<Folder>): Directory | null {
  const { index, fence, folder } = held(s, seen);
  const isThere = folder !== null && folder.mark === 'a' && folder.fence === fence && !folder.doomed;
  return isThere ? change(s, index, changes) : null;
}
