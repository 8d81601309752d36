import { readdir, unlink } from 'node:fs/promises';
import type { PartSink } from '../data-port.ts';
import { ignoring, onDisk } from '../disk/disk-errors.ts';
import { journalCovers } from '../disk/journal.ts';
import { writeOwn } from '../disk/open-regular.ts';
import { openPartFile } from '../disk/part-file.ts';
import type { Folder } from './folder.ts';

/** Matches the names of notes that the data is whole. Workers of an earlier version wrote no number. */
const NOTE = /^whole(?:-(\d+))?$/;

/**
 * Opens the file `data` in the folder of an image or object in the making. The file is written past the page
 * cache. The sink's `flush` leaves a note in the folder that the data is whole. Data MUST NOT be committed
 * without such a note; `isWhole` makes an exception for earlier versions. `close` closes the folder too.
 */
export async function openNotedFile(folder: Folder, attempt: number, size: number): Promise<PartSink> {
  const sink = await openPartFile({ folder: folder.path, attempt, size, cache: 'bypass' });
  return {
    ...sink,
    reset: async () => {
      await sink.reset();
      await onDisk(() => forgetWhole(folder, attempt));
    },
    flush: async () => {
      await sink.flush();
      await onDisk(() => noteWhole(folder, attempt));
    },
    close: () => sink.close().finally(() => folder.close()),
  };
}

/**
 * Notes that an attempt has written all bytes, and that they are on the disk. Returns when the note is on the
 * disk too.
 */
async function noteWhole(folder: Folder, attempt: number): Promise<void> {
  await writeOwn(folder.at(`whole-${attempt}`), '');
  await folder.sync();
}

/**
 * Removes the notes of this attempt and of all earlier ones. The note of a later attempt stays: this attempt
 * may have been frozen until the later one was finished.
 */
async function forgetWhole(folder: Folder, attempt: number): Promise<void> {
  for (const name of await readdir(folder.path)) {
    const [note, number = '-1'] = NOTE.exec(name) ?? [];
    if (note !== undefined && Number(number) <= attempt) await ignoring('ENOENT', unlink(folder.at(note)));
  }
}

/** Tells whether any attempt has noted that all bytes are there. */
export async function isNotedWhole(folder: Folder): Promise<boolean> {
  return (await readdir(folder.path)).some(isWholeNote);
}

/** Tells whether a file of this name is a note that all bytes are there. */
export function isWholeNote(name: string): boolean {
  return NOTE.test(name);
}

/**
 * Tells whether all `size` bytes of an image in the making are there: a note says so, or the journal covers
 * every byte. The journal counts because workers of an earlier version left no note for an image.
 */
export async function isWhole(folder: Folder, size: number): Promise<boolean> {
  return (await isNotedWhole(folder)) || journalCovers(folder.at('parts'), size);
}
