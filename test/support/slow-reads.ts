/**
 * This module is loaded into a worker with `--import`. It slows down the reads or writes of image data in
 * files, as a slow link would. So a test can act in the middle of a copy. Everything else about the process
 * is real.
 */
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The delay of a read; milliseconds. */
const DELAY = Number(process.env.SLOW_READS ?? 20);
/** The delay of a write for each MiB; milliseconds. */
const WRITE_DELAY = Number(process.env.SLOW_WRITES ?? 0);
/**
 * A read into a `Buffer` of at least this size counts as a source's read of image data; bytes. The digest
 * reads into a plain `Uint8Array`, and is not slowed down.
 */
const IMAGE_DATA = 512 * 1024;
/**
 * A write of at least this size counts as image data; bytes. It is below IMAGE_DATA, because data from a
 * socket comes in smaller pieces.
 */
const RECEIVED_DATA = 16 * 1024;

const file = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(file) as Record<
  'read' | 'write',
  (...args: unknown[]) => Promise<unknown>
>;
await file.close();

const { read, write } = prototype;
prototype.read = async function (...args: unknown[]) {
  const [buffer] = args;
  if (Buffer.isBuffer(buffer) && buffer.length >= IMAGE_DATA) await sleep(DELAY);
  return read.apply(this, args);
};
prototype.write = async function (...args: unknown[]) {
  const [data] = args;
  if (WRITE_DELAY > 0 && data instanceof Uint8Array && data.length >= RECEIVED_DATA) {
    await sleep((WRITE_DELAY * data.length) / (1024 * 1024));
  }
  return write.apply(this, args);
};
