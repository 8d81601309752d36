import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream, createWriteStream, openSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ImageRecord } from '../../image/index.ts';
import { MIB } from '../../memory/index.ts';
import type { NewImage } from '../image-store.ts';
import { newRecord } from '../new-record.ts';
import { type Layout, syncFolder } from './layout.ts';
import { writeRecord } from './record-file.ts';

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
  const id = randomUUID();
  const partial = paths.partial(id);
  await mkdir(partial);
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
      id,
      name: image.name,
      owner: image.owner,
      disk_format: image.disk_format,
      size,
      os_hash_algo: 'sha512',
      os_hash_value: sha512.digest('hex'),
    });
    await writeRecord(partial, record);
    await rename(partial, paths.image(id));
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
