import { on } from 'node:events';
import type { OnReadOpts, Socket } from 'node:net';
import { Readable } from 'node:stream';

const SIZE = 512 * 1024;
/** The least room for a read; bytes. Node.js itself allocates as much for each read. */
const LEAST = 64 * 1024;
/**
 * Reads of fewer bytes are mostly heads and short answers. They are copied, so that they do not hold a buffer
 * for long.
 */
const SMALL = 4096;
/** The largest number of idle buffers that are kept: more would only be left from a peak of load. */
const MAX_IDLE = 32;

/** A piece of memory that one socket receives into, read by read, until it is full. */
interface Buffered {
  /** The offsets at which reads end that somebody still uses. */
  readonly ends: Set<number>;
  isFull: boolean;
}

const idle: Buffer[] = [];
const inUse = new WeakMap<ArrayBufferLike, Buffered>();
/** The lengths of the reads that wait in a socket. */
const waiting = new WeakMap<Socket, number[]>();
/** The rest of the buffer that the last read was taken from; the same socket's next read goes there. */
let room: Uint8Array | undefined;

/**
 * Lets sockets receive into buffers that are used again. Otherwise Node.js allocates memory outside of V8's
 * heap for each read, and V8 marks the whole heap after every 64 MiB of it: for an image, that is more work
 * than everything else. Node.js calls `callback` with the socket as `this`, which it does not document, and
 * then asks for the next buffer.
 * @see https://nodejs.org/api/net.html#socketconnectoptions-connectlistener
 */
export const intoReceiveBuffers = {
  buffer() {
    const next = room ?? idle.pop() ?? Buffer.allocUnsafeSlow(SIZE);
    room = undefined;
    return next;
  },
  callback(this: Socket, length: number, memory: Uint8Array) {
    const lengths = waiting.get(this) ?? givenOneByOne(this);
    lengths.push(length);
    const isSmall = length < SMALL;
    const rest = isSmall ? memory : memory.subarray(length);
    const isFull = rest.length < LEAST;
    const read = isSmall ? Buffer.copyBytesFrom(memory, 0, length) : taken(memory, length, isFull);
    const wantsMore = this.push(read);
    if (!isFull) room = rest;
    return wantsMore;
  },
} satisfies OnReadOpts;

/** Returns the bytes that a read has brought, and notes that they are in use. */
function taken(memory: Uint8Array, length: number, isFull: boolean): Uint8Array {
  const state = inUse.get(memory.buffer) ?? { ends: new Set(), isFull: false };
  inUse.set(memory.buffer, state);
  state.ends.add(memory.byteOffset + length);
  state.isFull = isFull;
  return memory.subarray(0, length);
}

/**
 * Makes each `read()` of a socket return the bytes of one read from the network. Otherwise a stream joins all
 * that waits, in new memory. The socket uses the `read` of any stream: that of a socket with `onread` would
 * start to receive again at each call, however much waits. Returns the list to which the length of each read
 * MUST be added.
 */
function givenOneByOne(socket: Socket): number[] {
  const lengths: number[] = [];
  const { unshift } = socket;
  socket.read = (size) => Readable.prototype.read.call(socket, size ?? lengths.shift());
  socket.unshift = (rest) => {
    // A destroyed stream takes nothing.
    if (rest.length > 0 && !socket.destroyed) lengths.unshift(rest.length);
    unshift.call(socket, rest);
  };
  waiting.set(socket, lengths);
  return lengths;
}

/**
 * Yields the chunks of an answer. A chunk MUST be consumed before the next is requested: then its memory is
 * used again. If an answer is read in another way, or not to its end, its memory is left to the garbage
 * collector.
 */
export async function* received(answer: Readable): AsyncGenerator<Buffer> {
  if (answer.destroyed) throw answer.errored ?? new Error('the answer was given up');
  // Iterating over a stream would join what waits in it, too.
  const oneByOne = { close: ['end', 'close'], highWaterMark: 1, lowWaterMark: 1 };
  try {
    for await (const [chunk] of on(answer, 'data', oneByOne)) {
      yield chunk;
      giveBack(chunk);
    }
    if (!answer.readableEnded) throw new Error('the answer was given up');
  } finally {
    // undici reports this as an error, for which nobody waits any more.
    answer.on('error', () => {}).destroy();
  }
}

/**
 * Notes that a chunk has been consumed. Chunks are consumed in order, so a read is done with the chunk that
 * ends at the read's end. A full buffer without reads in use becomes idle.
 */
function giveBack({ buffer, byteOffset, byteLength }: Buffer): void {
  const state = inUse.get(buffer);
  if (!state?.ends.delete(byteOffset + byteLength) || state.ends.size > 0 || !state.isFull) return;
  inUse.delete(buffer);
  if (idle.length < MAX_IDLE) idle.push(Buffer.from(buffer));
}
