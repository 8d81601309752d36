import type { FileHandle } from 'node:fs/promises';
import type { ByteRange, Digests } from '../../image/index.ts';
import { MIB } from '../../memory/index.ts';
import type { PartReader } from '../data-port.ts';
import { fromErrno } from '../disk/disk-errors.ts';
import { aliveUntil, canTell, hasChanged, haveDigests } from '../same-bytes.ts';
import { StoreError } from '../store-error.ts';

const CHUNK = MIB;
/**
 * Bytes of a part. Parts are small, because to ask a file costs nothing, and the parts that are moved at once
 * have to be kept for the digest.
 */
const PART_SIZE = CHUNK;

/**
 * Returns the pin of an open file. The pin is another one once another file is in its place, or it was
 * written to.
 */
export async function pinOf(file: FileHandle): Promise<string> {
  const { ino, size, mtimeMs } = await file.stat();
  return `${ino}-${size}-${mtimeMs}`;
}

const sizeOf = (pin: string) => pin.split('-')[1];

/**
 * Returns a reader of an open file that has to stay what its pin says. The reader closes the file. If digests
 * are known, they decide: a file that somebody has touched is read once, and is the same if its bytes are.
 * @throws StoreError `changed`
 */
export async function readerOf(file: FileHandle, pin: string, digests?: Digests): Promise<PartReader> {
  const idle: Uint8Array[] = [];
  const guard = guardOf(file, pin, digests);
  try {
    if (!(await guard.isSame())) await guard.lookAgain();
  } catch (error) {
    await file.close();
    throw fromErrno(error);
  }
  return {
    partSize: PART_SIZE,
    async *read([start, end]: ByteRange, signal: AbortSignal) {
      const buffer = idle.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
      try {
        for (let at = start; at < end; ) {
          signal.throwIfAborted();
          const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, end - at), at);
          if (!(await guard.isSame())) yield* aliveUntil(guard.lookAgain());
          signal.throwIfAborted();
          if (bytesRead === 0) throw new StoreError('truncated', `the image's data ends at byte ${at}`);
          at += bytesRead;
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

/** Watches over the bytes of a file that others may write to. */
interface Guard {
  /** Tells whether the file is as it was when its bytes were last known. */
  isSame(): Promise<boolean>;
  /**
   * Reads the file to find out whether its bytes are the same after all. Throws `changed`. All who ask at the
   * same time share one look.
   */
  lookAgain(): Promise<void>;
}

function guardOf(file: FileHandle, pin: string, digests: Digests | undefined): Guard {
  let known = pin;
  let looking: Promise<void> | undefined;
  const look = async () => {
    const before = await pinOf(file);
    if (!canTell(digests) || sizeOf(before) !== sizeOf(known)) throw hasChanged();
    const chunks = file.createReadStream({ autoClose: false, start: 0, highWaterMark: CHUNK });
    if (!(await haveDigests(chunks, digests)) || (await pinOf(file)) !== before) throw hasChanged();
    known = before;
  };
  return {
    isSame: async () => (await pinOf(file)) === known,
    lookAgain() {
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}
