import { constants } from 'node:fs';
import { access, mkdir, open, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { ignoring, isErrno } from '../disk-errors.ts';
import { hashOf } from '../hash-of.ts';
import type { DestinationRef } from '../port.ts';
import { StoreError } from '../store-error.ts';
import { type Folder, openFolder } from './folder.ts';
import { HIDDEN } from './object-path.ts';
import { removeFrom } from './remove-from.ts';

const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;
const FLAGS = O_WRONLY | O_CREAT | O_NOFOLLOW;

/**
 * A file in the making, a folder of its own for each job and path:
 *
 *     <root>/.image-replicator/<hash>/data        the bytes so far
 *     <root>/.image-replicator/<hash>/parts       the byte ranges that are complete, one a line
 *     <root>/.image-replicator/<hash>/fence-<n>   attempt n may write as long as this stands
 *     <root>/.image-replicator/<hash>/whole       all bytes are there, and on the disk
 *     <root>/.image-replicator/<hash>/committing  from here on no data means that it has been moved into place
 *     <root>/.image-replicator/<hash>.new         one that is being prepared
 *     <root>/.image-replicator/<hash>.removed     one that is being removed
 */
export interface Partial {
  /** Leads through its descriptor, as does every name in it. */
  readonly path: string;
  has(name: Note | 'data'): Promise<boolean>;
  /** Survives a loss of power. */
  note(name: Note): Promise<void>;
  forget(name: Note): Promise<void>;
  close(): Promise<void>;
}

type Note = 'whole' | 'committing';

/** Makes room for a file, in one step. What is there already stays as it is. */
export async function makePartial(root: string, ref: DestinationRef, size: number): Promise<void> {
  const hidden = await makeHidden(root);
  const [name, prepared] = [hashOf(ref), preparedOf(ref)];
  try {
    if (await exists(hidden.at(name))) return;
    await ignoring('EEXIST', mkdir(hidden.at(prepared)));
    await makeData(root, prepared, size);
    await rename(hidden.at(prepared), hidden.at(name));
  } catch (error) {
    // Another call of the same job was faster.
    if (!(await exists(hidden.at(name)))) throw error;
    await removeFrom(hidden, prepared);
  } finally {
    await hidden.close();
  }
}

async function makeData(root: string, prepared: string, size: number): Promise<void> {
  const folder = await openFolder(root, [HIDDEN, prepared]);
  try {
    const data = await open(folder.at('data'), FLAGS);
    await data.truncate(size).finally(() => data.close());
  } finally {
    await folder.close();
  }
}

/** Opens what is there of a file in the making. Throws `not_found`. */
export async function openPartial(root: string, ref: DestinationRef): Promise<Partial> {
  const { path, at, sync, close } = await openFolder(root, [HIDDEN, hashOf(ref)]).catch((error) => {
    throw isErrno(error, 'ENOENT') ? goneFor(ref) : error;
  });
  return {
    path,
    has: (name) => exists(at(name)),
    note: async (name) => {
      await writeFile(at(name), '', { flag: FLAGS });
      await sync();
    },
    forget: (name) => ignoring('ENOENT', unlink(at(name))),
    close,
  };
}

/** Locks out every sink. */
export async function dropFences({ path }: Partial): Promise<void> {
  for (const name of await readdir(path)) {
    if (name.startsWith('fence-')) await ignoring('ENOENT', unlink(`${path}/${name}`));
  }
}

/** By one rename: from there on nobody finds anything to open. What is not there is removed. */
export async function removePartial(root: string, ref: DestinationRef): Promise<void> {
  const hidden = await openHidden(root);
  if (hidden === undefined) return;
  const removed = `${hashOf(ref)}.removed`;
  try {
    await removeFrom(hidden, removed);
    await ignoring('ENOENT', rename(hidden.at(hashOf(ref)), hidden.at(removed)));
    for (const left of [removed, preparedOf(ref)]) await removeFrom(hidden, left);
  } finally {
    await hidden.close();
  }
}

/** The folder of what is in the making; `undefined` where nothing has ever been made. */
export function openHidden(root: string): Promise<Folder | undefined> {
  return ignoring('ENOENT', openFolder(root, [HIDDEN]));
}

/** The same, which is made where it is missing. */
export async function makeHidden(root: string): Promise<Folder> {
  const hidden = await openHidden(root);
  if (hidden !== undefined) return hidden;
  await ignoring('EEXIST', mkdir(`${root}/${HIDDEN}`, { mode: 0o700 }));
  return openFolder(root, [HIDDEN]);
}

export function goneFor({ image_id }: DestinationRef): StoreError {
  return new StoreError('not_found', `${JSON.stringify(image_id)} is no longer being made by this job`);
}

const preparedOf = (ref: DestinationRef) => `${hashOf(ref)}.new`;

async function exists(path: string): Promise<boolean> {
  return (
    (await ignoring(
      'ENOENT',
      access(path).then(() => true),
    )) ?? false
  );
}
