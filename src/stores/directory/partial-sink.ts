import type { PartSink } from '../data-port.ts';
import { onDisk } from '../disk/disk-errors.ts';
import { openPartFile } from '../disk/part-file.ts';
import type { DestinationRef } from '../port.ts';
import { goneError } from '../refusals.ts';
import { openMarked } from './marked-folder.ts';
import { forgetWhole, noteWhole } from './whole-note.ts';

/**
 * Opens an image in the making for one attempt. The sink's `flush` notes that the data is whole: the image
 * MUST NOT be committed before. The path is resolved once, so that all calls reach the folder that bore this
 * job's mark, whatever comes to the path later.
 */
export async function openPartialSink(
  partial: string,
  ref: DestinationRef,
  attempt: number,
  size: number,
): Promise<PartSink> {
  const folder = await openMarked(partial, ref);
  if (folder === undefined) throw goneError(ref);
  try {
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
  } catch (error) {
    await folder.close();
    throw error;
  }
}
