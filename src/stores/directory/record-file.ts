import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageRecord } from '../../image/index.ts';
import { recordFromJson, recordToJson } from '../record-json.ts';
import { syncFolder } from './layout.ts';
import { openPlain } from './open-plain.ts';

/** Writes the record into a folder that is not yet an image, so that it survives a loss of power. */
export async function writeRecord(folder: string, record: ImageRecord): Promise<void> {
  await writeFile(join(folder, 'image.json'), recordToJson(record), { flush: true });
  await syncFolder(folder);
}

/** Reads the record in an image's folder. Throws ENOENT as it is, and `invalid_image` for what is no record. */
export async function readRecord(folder: string): Promise<ImageRecord> {
  const file = await openPlain(join(folder, 'image.json'));
  try {
    return recordFromJson(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}
