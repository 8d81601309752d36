import { constants } from 'node:fs';
import { type FileHandle, open, statfs } from 'node:fs/promises';
import { MIB } from '../../memory/index.ts';
import { failsWith, ignoring } from './disk-errors.ts';
import { openOwn } from './open-regular.ts';

const { O_RDWR, O_WRONLY, O_DIRECT } = constants;

/** With O_DIRECT, some disks accept only offsets and lengths that are multiples of this (open(2)); bytes. */
const ALIGNMENT = 4096;
/** Magic numbers (statfs(2)) of ext4 and XFS. Other file systems may not really bypass the page cache. */
const DISK_FILE_SYSTEMS: ReadonlySet<number> = new Set([0xef53, 0x58465342]);
const ZEROS = Buffer.alloc(MIB);

/** A file that is written in any order. */
export interface DataFile {
  readonly handle: FileHandle;
  /** Writes at an offset. Does not write zeros into a hole, because a hole takes no room on the disk. */
  write(offset: number, chunk: Uint8Array): Promise<void>;
  /** MUST be called before bytes that were written are replaced by other bytes. */
  startOver(): void;
  close(): Promise<void>;
}

/**
 * Opens a file without changing its bytes. If a loss of power has made it shorter than `size`, the missing
 * end becomes a hole again.
 * @param cache `bypass` writes a chunk straight to the disk if its memory is from `borrowPages`. It is for a
 * file that nobody is about to read. Copying its bytes into the page cache would take most of the time, and
 * displace data that others need
 */
export async function openDataFile(
  path: string,
  { size, cache }: { readonly size: number; readonly cache: 'keep' | 'bypass' },
): Promise<DataFile> {
  const handle = await openOwn(path, O_RDWR);
  try {
    await handle.truncate(size);
    // A file without any block reads as zeros. Until `startOver`, zeros need not be written to such a file.
    let isFresh = (await handle.stat()).blocks === 0;
    const direct = cache === 'bypass' ? await openDirect(handle) : undefined;
    return {
      handle,
      async write(offset, chunk) {
        if (isZero(chunk) && (isFresh || (await readsAsZeros(handle, offset, chunk.length)))) return;
        if (direct === undefined || !(await writeDirectly(direct, offset, chunk)))
          await writeFully(handle, offset, chunk);
      },
      startOver() {
        isFresh = false;
      },
      async close() {
        await Promise.all([handle.close(), direct?.close()]);
      },
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Opens an open file once more, for writes past the page cache. Goes through the descriptor, because another
 * file may be at the path by now. Returns `undefined` if the file system cannot bypass the cache.
 */
async function openDirect({ fd }: FileHandle): Promise<FileHandle | undefined> {
  const path = `/proc/self/fd/${fd}`;
  if (!DISK_FILE_SYSTEMS.has((await statfs(path)).type)) return undefined;
  return ignoring('EINVAL', open(path, O_WRONLY | O_DIRECT));
}

/** Writes a chunk past the page cache. Returns `false` if its offset, length or memory is not aligned. */
async function writeDirectly(direct: FileHandle, offset: number, chunk: Uint8Array): Promise<boolean> {
  if (offset % ALIGNMENT !== 0 || chunk.length % ALIGNMENT !== 0) return false;
  return !(await failsWith('EINVAL', writeFully(direct, offset, chunk)));
}

async function writeFully(file: FileHandle, offset: number, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, offset + done);
    done += bytesWritten;
  }
}

/** Tells whether a range reads as zeros. An earlier attempt may have left other bytes there. */
async function readsAsZeros(file: FileHandle, offset: number, length: number): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
  return bytesRead === length && isZero(buffer);
}

function isZero(chunk: Uint8Array): boolean {
  for (let offset = 0; offset < chunk.length; offset += ZEROS.length) {
    const piece = chunk.subarray(offset, offset + ZEROS.length);
    if (ZEROS.compare(piece, 0, piece.length, 0, piece.length) !== 0) return false;
  }
  return true;
}
