import { constants } from 'node:fs';
import { type FileHandle, open, statfs } from 'node:fs/promises';
import { MIB } from '../../memory/index.ts';
import { ignoring } from './disk-errors.ts';

const { O_RDWR, O_WRONLY, O_DIRECT, O_NOFOLLOW } = constants;

/** Every disk takes offsets and lengths that are multiples of this number of bytes (open(2), O_DIRECT). */
const ALIGNMENT = 4096;
/**
 * Magic numbers (statfs(2)) of ext4 and XFS. Other file systems go over a network, or only pretend to write
 * past the page cache.
 */
const ON_A_DISK: ReadonlySet<number> = new Set([0xef53, 0x58465342]);
const ZEROS = Buffer.alloc(MIB);

/** A file that is written in any order. */
export interface DataFile {
  readonly handle: FileHandle;
  /** Writes at an offset. Zeros leave a hole, which takes no room on the disk. */
  write(offset: number, chunk: Uint8Array): Promise<void>;
  /** Tells the file that bytes which were written here will be written again, and may be others. */
  startOver(): void;
  close(): Promise<void>;
}

/**
 * Opens a file without changing it. If a loss of power has cut off some of its `size` bytes, they become a
 * hole again. With `bypass`, bytes in memory of `borrowPages` go straight to the disk: the page cache would
 * lose what others need to gigabytes that nobody is about to read, and filling it would take most of the
 * time.
 */
export async function openDataFile(
  path: string,
  { size, cache }: { readonly size: number; readonly cache: 'keep' | 'bypass' },
): Promise<DataFile> {
  const handle = await open(path, O_RDWR | O_NOFOLLOW);
  try {
    await handle.truncate(size);
    let isAllHole = (await handle.stat()).blocks === 0;
    const direct = cache === 'bypass' ? await openDirect(handle) : undefined;
    return {
      handle,
      async write(offset, chunk) {
        if (isZero(chunk) && (isAllHole || (await readsAsZeros(handle, offset, chunk.length)))) return;
        if (direct === undefined || !(await writeDirectly(direct, offset, chunk)))
          await writeFully(handle, offset, chunk);
      },
      startOver() {
        isAllHole = false;
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
 * Opens a file once more, to write past the page cache, whatever its path has come to be. Returns `undefined`
 * if its file system cannot do that.
 */
async function openDirect({ fd }: FileHandle): Promise<FileHandle | undefined> {
  const path = `/proc/self/fd/${fd}`;
  if (!ON_A_DISK.has((await statfs(path)).type)) return undefined;
  return ignoring('EINVAL', open(path, O_WRONLY | O_DIRECT));
}

/**
 * Writes a chunk past the page cache. Returns `false` if the disk cannot work with its offset, its length or
 * its memory.
 */
async function writeDirectly(direct: FileHandle, offset: number, chunk: Uint8Array): Promise<boolean> {
  if (offset % ALIGNMENT !== 0 || chunk.length % ALIGNMENT !== 0) return false;
  return (
    (await ignoring(
      'EINVAL',
      writeFully(direct, offset, chunk).then(() => true),
    )) ?? false
  );
}

async function writeFully(file: FileHandle, offset: number, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, offset + done);
    done += bytesWritten;
  }
}

/** Tells whether a range reads as zeros. If it is no hole, it may have what an earlier attempt has left. */
async function readsAsZeros(file: FileHandle, offset: number, length: number): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
  return bytesRead === length && isZero(buffer);
}

function isZero(chunk: Uint8Array): boolean {
  for (let at = 0; at < chunk.length; at += ZEROS.length) {
    const piece = chunk.subarray(at, at + ZEROS.length);
    if (ZEROS.compare(piece, 0, piece.length, 0, piece.length) !== 0) return false;
  }
  return true;
}
