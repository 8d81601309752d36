import { readFile, unlink, writeFile } from 'node:fs/promises';
import { ignoring, onDisk } from '../disk-errors.ts';
import { openPartFile } from '../part-file.ts';
import type { DestinationRef, PartSink } from '../port.ts';
import type { Folder } from './folder.ts';
import { goneFor, openMarked } from './marked-folder.ts';

/** Name of the file that says: all bytes are there, and on the disk. */
const WHOLE = 'whole';

/** Opens an image in the making for one attempt. Its flush notes that the data is whole: only then may it be committed. */
export async function openPartialSink(
  partial: string,
  ref: DestinationRef,
  attempt: number,
  size: number,
): Promise<PartSink> {
  const folder = await openMarked(partial, ref);
  if (folder === undefined) throw goneFor(ref);
  try {
    const sink = await openPartFile(partial, attempt, size, true);
    return {
      ...sink,
      reset: async () => {
        await sink.reset();
        await onDisk(() => ignoring('ENOENT', unlink(folder.at(WHOLE))));
      },
      flush: async () => {
        await sink.flush();
        await onDisk(async () => {
          await writeFile(folder.at(WHOLE), '');
          await folder.sync();
        });
      },
      close: () => sink.close().finally(() => folder.close()),
    };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** Whether all bytes of an image in the making are there. */
export async function isWhole(folder: Folder): Promise<boolean> {
  const note = await ignoring('ENOENT', readFile(folder.at(WHOLE)));
  // An earlier version left no note, but the journal of what it had written.
  return note !== undefined || ((await ignoring('ENOENT', readFile(folder.at('parts')))) ?? []).length > 0;
}
