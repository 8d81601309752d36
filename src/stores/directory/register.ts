import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream, createWriteStream, openSync } from 'node:fs';
import { rename, rm, stat, unlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ImageRecord } from '../../image/index.ts';
import { MIB } from '../../memory/index.ts';
import { fenceName } from '../disk/fence.ts';
import type { NewImage } from '../image-store.ts';
import { newRecord } from '../new-record.ts';
import { type Layout, syncFolder } from './layout.ts';
import { markName } from './marked-folder.ts';
import { makePartial } from './partial.ts';
import { writeRecord } from './record-file.ts';

/** The number in the fence of a partial that no job makes. */
const ATTEMPT = 1;

/**
 * Copies a file into the region, and makes an image of the copy, with its digest.
 * @param options `moved` is called with the number of bytes that were copied so far
 */
export async function registerFile(
  paths: Layout,
  file: string,
  image: NewImage,
  { signal, moved }: { readonly signal?: AbortSignal; moved?(bytes: number): void },
): Promise<ImageRecord> {
  const ref = { image_id: randomUUID(), mark: randomUUID() };
  const [partial, made] = [paths.partial(ref.image_id), paths.image(ref.image_id)];
  // If this process dies, the sweep finds the partial by its mark, which is that of no job.
  await makePartial(paths, ref, ATTEMPT, 0);
  try {
    const sha512 = createHash('sha512');
    let size = 0;
    const meter = new Transform({
      highWaterMark: MIB,
      transform(chunk: Buffer, _encoding, done) {
        sha512.update(chunk);
        size += chunk.length;
        moved?.(size);
        done(null, chunk);
      },
    });
    const data = createWriteStream(join(partial, 'data'), { flush: true, highWaterMark: MIB });
    await pipeline(await open(file), meter, data, { ...(signal && { signal }) });
    const record = newRecord({
      id: ref.image_id,
      name: image.name,
      owner: image.owner,
      disk_format: image.disk_format,
      size,
      os_hash_algo: 'sha512',
      os_hash_value: sha512.digest('hex'),
    });
    await writeRecord(partial, record);
    for (const name of [fenceName(ATTEMPT), markName(ref)]) await unlink(join(partial, name));
    await rename(partial, made);
    await syncFolder(paths.root);
    return record;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Opens a file for reading. Reads a pipe as a socket: otherwise a thread would wait for the pipe's writer,
 * and no signal could end the process.
 */
async function open(file: string): Promise<Readable> {
  if (!(await stat(file)).isFIFO()) return createReadStream(file, { highWaterMark: MIB });
  return new Socket({ fd: openSync(file, constants.O_RDONLY | constants.O_NONBLOCK), readable: true });
}
