import { constants } from 'node:fs';
import { readdir, unlink, writeFile } from 'node:fs/promises';
import { ignoring } from '../disk/disk-errors.ts';
import { journalCovers } from '../disk/journal.ts';
import type { Folder } from './folder.ts';

const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;

/** Matches the names of notes that the data is whole. Workers of an earlier version wrote no number. */
const NOTE = /^whole(?:-(\d+))?$/;

type NotedFolder = Pick<Folder, 'path' | 'at' | 'sync'>;

/**
 * Notes that an attempt has written all bytes into a folder in the making, and that they are on the disk.
 * Returns when the note would survive a loss of power. Data MUST NOT be committed without such a note;
 * `isWhole` makes an exception for earlier versions.
 *
 * The note's name has the attempt's number. An attempt that was frozen while it started over may wake when a
 * later attempt has finished: it then removes only its own note and those of earlier attempts.
 */
export async function noteWhole(folder: NotedFolder, attempt: number): Promise<void> {
  await writeFile(folder.at(`whole-${attempt}`), '', { flag: O_WRONLY | O_CREAT | O_NOFOLLOW });
  await folder.sync();
}

/** Removes the notes of this attempt and of all earlier ones. */
export async function forgetWhole(folder: NotedFolder, attempt: number): Promise<void> {
  for (const name of await readdir(folder.path)) {
    const [note, number = '-1'] = NOTE.exec(name) ?? [];
    if (note !== undefined && Number(number) <= attempt) await ignoring('ENOENT', unlink(folder.at(note)));
  }
}

/** Tells whether any attempt has noted that all bytes are there. */
export async function isNotedWhole(folder: NotedFolder): Promise<boolean> {
  return (await readdir(folder.path)).some(isWholeNote);
}

/** Tells whether a file of this name is a note that all bytes are there. */
export function isWholeNote(name: string): boolean {
  return NOTE.test(name);
}

/**
 * Tells whether all `size` bytes of an image in the making are there: either a note says so, or the journal
 * covers every byte. The journal counts because workers of an earlier version left no note for an image.
 */
export async function isWhole(folder: NotedFolder, size: number): Promise<boolean> {
  return (await isNotedWhole(folder)) || journalCovers(folder.at('parts'), size);
}
