import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { ByteRange, Digests } from '../../image/index.ts';
import { MIB } from '../../memory/index.ts';
import type { PartReader } from '../data-port.ts';
import { fromErrno } from '../disk/disk-errors.ts';
import { changedError } from '../refusals.ts';
import { hasAnyDigest, haveDigests, keepAliveUntil } from '../same-bytes.ts';
import { shared } from '../shared.ts';
import { StoreError } from '../store-error.ts';

const CHUNK = MIB;
/** Bytes of a part. Small parts take less memory until they are hashed, and a disk answers at once anyway. */
const PART_SIZE = CHUNK;

/** Returns the pin of an open file. A file that was replaced or written to has another pin. */
export async function pinOf(file: FileHandle): Promise<string> {
  return pinFrom(await file.stat());
}

/** Returns the pin of a file with these properties. */
export function pinFrom({ ino, size, mtimeMs }: Stats): string {
  return `${ino}-${size}-${mtimeMs}`;
}

/**
 * Returns the pin that an open file has when it is opened once more. On NFS, `pinOf` may answer from a cache
 * for up to a minute, while each open asks the server (nfs(5), "Close-to-open cache consistency").
 */
export async function freshPinOf(file: FileHandle): Promise<string> {
  const again = await open(`/proc/self/fd/${file.fd}`, constants.O_RDONLY);
  try {
    return await pinOf(again);
  } finally {
    await again.close();
  }
}

const sizeOf = (pin: string) => pin.split('-')[1];

/**
 * Returns a reader of an open file. The reader closes the file.
 * @param digests a file with another pin counts as unchanged if it has these digests. To compare them, the
 * whole file is read. If no digest is known, such a file counts as changed
 * @throws StoreError `changed`
 */
export async function readerOf(file: FileHandle, pin: string, digests?: Digests): Promise<PartReader> {
  const idle: Uint8Array[] = [];
  const guard = guardOf(file, pin, digests);
  try {
    if (!(await guard.isSame())) await guard.checkDigests();
  } catch (error) {
    await file.close();
    throw fromErrno(error);
  }
  return {
    partSize: PART_SIZE,
    async *read([start, end]: ByteRange, signal: AbortSignal) {
      const buffer = idle.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
      try {
        for (let offset = start; offset < end; ) {
          signal.throwIfAborted();
          const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, end - offset), offset);
          if (!(await guard.isSame())) yield* keepAliveUntil(guard.checkDigests());
          signal.throwIfAborted();
          if (bytesRead === 0) throw new StoreError('truncated', `the image's data ends at byte ${offset}`);
          offset += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } catch (error) {
        throw signal.aborted ? signal.reason : fromErrno(error);
      } finally {
        idle.push(buffer);
      }
    },
    close: () => file.close(),
  };
}

/** Finds out whether others have changed a file. */
interface Guard {
  /** Tells whether the file has the same pin as when its bytes were last known to be right. */
  isSame(): Promise<boolean>;
  /** Reads the whole file, and throws `changed` unless its bytes are still right. */
  checkDigests(): Promise<void>;
}

function guardOf(file: FileHandle, pin: string, digests: Digests | undefined): Guard {
  let goodPin = pin;
  // Bytes that have a digest are compared with it in the end.
  const currentPin = hasAnyDigest(digests) ? pinOf : freshPinOf;
  const checkDigests = async () => {
    const before = await pinOf(file);
    if (!hasAnyDigest(digests) || sizeOf(before) !== sizeOf(goodPin)) throw changedError();
    const chunks = file.createReadStream({ autoClose: false, start: 0, highWaterMark: CHUNK });
    if (!(await haveDigests(chunks, digests)) || (await pinOf(file)) !== before) throw changedError();
    goodPin = before;
  };
  return {
    isSame: async () => (await currentPin(file)) === goodPin,
    checkDigests: shared(checkDigests),
  };
}
