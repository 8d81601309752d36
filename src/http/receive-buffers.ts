import { on } from 'node:events';
import type { OnReadOpts, Socket } from 'node:net';
import type { Readable } from 'node:stream';

const SIZE = 256 * 1024;
/** What is kept beyond it would be the memory of a rush hour. */
const MOST_IDLE = 64;

const idle: Buffer[] = [];
/** Up to where a buffer is filled that is in somebody's hands. */
const filled = new WeakMap<ArrayBufferLike, number>();

/**
 * Lets sockets receive into memory that serves again. Node.js takes new memory for each read, outside of V8's heap,
 * and every 64 MiB of it V8 marks the whole heap: for an image, that is more work than all else.
 * @see https://nodejs.org/api/net.html#socketconnectoptions-connectlistener
 */
export const intoReceiveBuffers = {
  buffer: () => idle.pop() ?? Buffer.allocUnsafeSlow(SIZE),
  callback(this: Socket, length: number, buffer: Uint8Array) {
    filled.set(buffer.buffer, length);
    return this.push(buffer.subarray(0, length));
  },
} satisfies OnReadOpts;

/**
 * The chunks of an answer, each one good until the next is asked for: then its memory serves again. Of an answer
 * that is read in another way, or not to its end, the garbage collector has the memory.
 */
export async function* received(answer: Readable): AsyncGenerator<Buffer> {
  if (answer.destroyed) throw answer.errored ?? new Error('the answer was given up');
  // To iterate a stream puts chunks together that wait, in new memory.
  const oneByOne = { close: ['end'], highWaterMark: 1, lowWaterMark: 1 };
  try {
    for await (const [chunk] of on(answer, 'data', oneByOne)) {
      yield chunk;
      giveBack(chunk);
    }
  } finally {
    // undici calls this an error, which nobody waits for any more.
    answer.on('error', () => {}).destroy();
  }
}

/** Takes the memory of a chunk, if nothing comes behind it there: what is before it was read before it. */
function giveBack({ buffer, byteOffset, byteLength }: Buffer): void {
  if (filled.get(buffer) !== byteOffset + byteLength) return;
  filled.delete(buffer);
  if (idle.length < MOST_IDLE) idle.push(Buffer.from(buffer));
}
