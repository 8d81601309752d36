import { createHash } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { isErrno } from '../disk-errors.ts';
import type { DestinationRef } from '../port.ts';
import { StoreError } from '../store-error.ts';
import { type Folder, openFolder } from './folder.ts';
import { HIDDEN } from './object-path.ts';

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
  readonly path: string;
  has(name: Note | 'data'): Promise<boolean>;
  note(name: Note): Promise<void>;
  forget(name: Note): Promise<void>;
  close(): Promise<void>;
}

type Note = 'whole' | 'committing';

/** Makes room for a file, in one step. What is there already stays as it is. */
export async function makePartial(root: string, ref: DestinationRef, size: number): Promise<void> {
  await (await makeHidden(root)).close();
  const partial = await openPartial(root, ref);
  const prepared = preparedOf(partial);
  try {
    if (await exists(partial.path)) return;
    await ignoring('EEXIST', mkdir(prepared));
    await writeFile(`${prepared}/data`, '');
    await truncate(`${prepared}/data`, size);
    await rename(prepared, partial.path);
  } catch (error) {
    // Another call of the same job was faster.
    if (!(await exists(partial.path))) throw error;
    await rm(prepared, { recursive: true, force: true });
  } finally {
    await partial.close();
  }
}

/** Opens what is there of a file in the making, be it nothing. */
export async function openPartial(root: string, ref: DestinationRef): Promise<Partial> {
  const hidden = await openFolder(root, [HIDDEN]).catch((error) => {
    throw isErrno(error, 'ENOENT') ? goneFor(ref) : error;
  });
  const path = hidden.at(hashOf(ref));
  return {
    path,
    has: (name) => exists(`${path}/${name}`),
    note: (name) => writeFile(`${path}/${name}`, ''),
    forget: (name) => rm(`${path}/${name}`, { force: true }),
    close: () => hidden.close(),
  };
}

/** Locks out every sink. */
export async function dropFences({ path }: Partial): Promise<void> {
  for (const name of await readdir(path)) {
    if (name.startsWith('fence-')) await rm(`${path}/${name}`, { force: true });
  }
}

/** By one rename: from there on nobody finds anything to open. */
export async function removePartial(partial: Partial): Promise<void> {
  const removed = `${partial.path}.removed`;
  await rm(removed, { recursive: true, force: true });
  await ignoring('ENOENT', rename(partial.path, removed));
  for (const left of [removed, preparedOf(partial)]) await rm(left, { recursive: true, force: true });
}

function preparedOf({ path }: Partial): string {
  return `${path}.new`;
}

/** The folder of what is in the making, which is nobody else's to touch. */
export async function makeHidden(root: string): Promise<Folder> {
  try {
    return await openFolder(root, [HIDDEN]);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  await ignoring('EEXIST', mkdir(`${root}/${HIDDEN}`, { mode: 0o700 }));
  return openFolder(root, [HIDDEN]);
}

export function goneFor({ image_id }: DestinationRef): StoreError {
  return new StoreError('not_found', `${JSON.stringify(image_id)} is no longer being made by this job`);
}

function hashOf({ image_id, mark }: DestinationRef): string {
  return createHash('sha256')
    .update(JSON.stringify([image_id, mark]))
    .digest('hex');
}

async function exists(path: string): Promise<boolean> {
  return (
    (await ignoring(
      'ENOENT',
      access(path).then(() => true),
    )) ?? false
  );
}

async function ignoring<T>(code: string, operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (isErrno(error, code)) return undefined;
    throw error;
  }
}
