import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring } from '../disk/disk-errors.ts';
import { MARK } from '../mark-text.ts';
import { isImageFolder } from './layout.ts';
import { RECORD } from './record-file.ts';
import { isWholeNote } from './whole-note.ts';

const MARK_FILE = new RegExp(`^job-(${MARK})$`);
const PREPARED = new RegExp(`^\\.(.+)\\.(${MARK})(?:\\.\\d+)?\\.(?:new|removed)$`);

/** The files in a folder that only jobs have used. */
export interface OwnFiles {
  readonly names: readonly string[];
  /** The mark that the folder bears; `null` if it bears none. */
  readonly mark: string | null;
}

/**
 * Lists a folder that only jobs have used. Such a folder has nothing but plain files whose names jobs give.
 * At most one of them names a mark, and that file is empty. Returns `undefined` for:
 * - a folder with anything else, because a person may use it;
 * - a folder that is missing or cannot be read;
 * - anything that is not a folder.
 */
export async function ownFilesIn(folder: string): Promise<OwnFiles | undefined> {
  if (!(await ignoring('ENOENT', lstat(folder)))?.isDirectory()) return undefined;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (!entries?.every((entry) => entry.isFile() && isOwnName(entry.name))) return undefined;
  const names = entries.map(({ name }) => name);
  const [markFile, ...others] = names.filter((name) => MARK_FILE.test(name));
  if (markFile === undefined) return { names, mark: null };
  const isEmpty = (await ignoring('ENOENT', lstat(join(folder, markFile))))?.size === 0;
  if (!isEmpty || others.length > 0) return undefined;
  return { names, mark: MARK_FILE.exec(markFile)?.[1] ?? null };
}

function isOwnName(name: string): boolean {
  return ['data', 'parts', RECORD].includes(name) || MARK_FILE.test(name) || isTrace(name);
}

/** Tells by its name whether a file is a fence, a note or the draft of a record. Only jobs make these. */
export function isTrace(name: string): boolean {
  return /^((fence|doomed)-\d+|image\.json\.[0-9a-f-]{36})$/.test(name) || isWholeNote(name);
}

/** Returns the mark in the name of a folder that is being prepared or removed; else `undefined`. */
export function markOfPrepared(name: string): string | undefined {
  const [, imageId = '', mark] = PREPARED.exec(name) ?? [];
  return isImageFolder(imageId) ? mark : undefined;
}
