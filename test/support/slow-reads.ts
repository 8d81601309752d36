/**
 * Loaded into a worker with `--import`: makes each read of image data take a while, as over a long link, so
 * that a test can get hold of a copy in the middle. Everything else about the process is real.
 */
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const DELAY = Number(process.env.SLOW_READS ?? 20);
/** The sources' buffers are Buffers of this size; what is read back for the digest is not slowed down. */
const IMAGE_DATA = 512 * 1024;

const file = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(file) as { read: (...args: unknown[]) => Promise<unknown> };
await file.close();

const { read } = prototype;
prototype.read = async function (...args: unknown[]) {
  const [buffer] = args;
  if (Buffer.isBuffer(buffer) && buffer.length >= IMAGE_DATA) await sleep(DELAY);
  return read.apply(this, args);
};
