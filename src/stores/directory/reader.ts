import type { FileHandle } from 'node:fs/promises';
import type { ByteRange } from '../../image/index.ts';
import { fromErrno } from '../disk-errors.ts';
import type { PartReader } from '../port.ts';
import { StoreError } from '../store-error.ts';

const CHUNK = 1024 * 1024;
/** To ask a file costs nothing, and what parts are moved at once has to be kept for the digest. */
const PART_SIZE = CHUNK;

/** Returns the pin of an open file: another file in its place, or a write to it, gives another one. */
export async function pinOf(file: FileHandle): Promise<string> {
  const { ino, size, mtimeMs } = await file.stat();
  return `${ino}-${size}-${mtimeMs}`;
}

/** Reads an open file that has to stay what its pin says, and closes it. */
export async function readerOf(file: FileHandle, pin: string): Promise<PartReader> {
  const idle: Uint8Array[] = [];
  try {
    await assertUnchanged(file, pin);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    partSize: PART_SIZE,
    async *read([start, end]: ByteRange, signal: AbortSignal) {
      const buffer = idle.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
      try {
        for (let at = start; at < end; ) {
          signal.throwIfAborted();
          const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, end - at), at);
          await assertUnchanged(file, pin);
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

async function assertUnchanged(file: FileHandle, pin: string): Promise<void> {
  const now = await pinOf(file);
  if (now === pin) return;
  throw new StoreError('changed', "the image's data has changed since it was inspected");
}
