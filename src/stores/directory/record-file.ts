import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageRecord } from '../../image/index.ts';
import { readBounded } from '../bounded.ts';
import { MAX_RECORD_SIZE, recordFromJson, recordToJson } from '../record-json.ts';
import type { Folder } from './folder.ts';
import { syncFolder } from './layout.ts';
import { openImageFile } from './open-image-file.ts';

/** Name of the file that makes a folder an image. */
export const RECORD = 'image.json';

/**
 * Writes the record into a folder. Returns when the record would survive a loss of power. Puts the whole file
 * in place by one rename: a process that was frozen may write the record again while others read it.
 */
export async function writeRecord(folder: string, record: ImageRecord): Promise<void> {
  const draft = join(folder, `${RECORD}.${randomUUID()}`);
  await writeFile(draft, recordToJson(record), { flush: true });
  await rename(draft, join(folder, RECORD));
  await syncFolder(folder);
}

/**
 * Reads the record in the open folder of an image. Throws ENOENT if the file is missing, and `invalid_image`
 * if it is no record.
 */
export async function readRecord(folder: Folder, imageId: string): Promise<ImageRecord> {
  const file = await openImageFile(folder.at(RECORD), imageId);
  try {
    const { size } = await file.stat();
    const chunks = file.createReadStream({ autoClose: false });
    const bytes = size > MAX_RECORD_SIZE ? undefined : await readBounded(chunks, MAX_RECORD_SIZE);
    return recordFromJson(bytes, imageId);
  } finally {
    await file.close();
  }
}
