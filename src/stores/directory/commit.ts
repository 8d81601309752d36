import { readdir, unlink } from 'node:fs/promises';
import type { ImageRecord } from '../../image/index.ts';
import { ignoring } from '../disk-errors.ts';
import { takeFence } from '../fence.ts';
import type { DestinationRef } from '../port.ts';
import type { Folder } from './folder.ts';
import type { Layout } from './layout.ts';
import { goneFor, hasMark, isAtPath, openMarked } from './marked-folder.ts';
import { renameUnlessTaken } from './partial.ts';
import { isWhole } from './partial-sink.ts';
import { RECORD, writeRecord } from './record-file.ts';

/** Makes what a job has written an image, unless that has been done. Throws `not_found` where it is gone, or not whole. */
export async function commitPartial(
  paths: Layout,
  ref: DestinationRef,
  attempt: number,
  record: ImageRecord,
): Promise<void> {
  const [partial, image] = [paths.partial(ref.image_id), paths.image(ref.image_id)];
  const folder = (await openMarked(image, ref)) ?? (await openMarked(partial, ref));
  if (folder === undefined) throw goneFor(ref);
  try {
    await takeFence(folder.path, attempt);
    if (!(await isAtPath(folder, image))) {
      if (!(await isWhole(folder))) throw goneFor(ref);
      await writeRecord(folder.path, record);
      await assertNotEmptied(folder, ref);
      // Right before it is moved: another job may have come to the path, once this one was discarded.
      if (await isAtPath(folder, partial)) await ignoring('ENOENT', renameUnlessTaken(partial, image, ref));
      // Another call of this job may have been faster, or have removed it.
      if (!(await isAtPath(folder, image))) throw goneFor(ref);
    }
    await removeTraces(folder);
  } finally {
    await folder.close();
  }
}

/** A removal that came between would leave the record that was just written, and nothing to tell whose it is. */
async function assertNotEmptied(folder: Folder, ref: DestinationRef): Promise<void> {
  if (await hasMark(folder.path, ref)) return;
  await ignoring('ENOENT', unlink(folder.at(RECORD)));
  throw goneFor(ref);
}

/** Removes what only a partial needs. */
async function removeTraces(folder: Folder): Promise<void> {
  for (const name of await readdir(folder.path)) {
    const isTrace = name === 'parts' || name === 'whole' || name.startsWith(`${RECORD}.`);
    if (isTrace) await ignoring('ENOENT', unlink(folder.at(name)));
  }
}
