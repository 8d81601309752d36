import { on } from 'node:events';
import type { OnReadOpts, Socket } from 'node:net';
import { Readable } from 'node:stream';

const SIZE = 512 * 1024;
/** A buffer with fewer free bytes counts as full. Node.js itself allocates this many for each read. */
const MIN_ROOM = 64 * 1024;
/**
 * A read of fewer bytes is usually the head of an answer, or a short answer. It is copied, so that its buffer
 * is free again at once.
 */
const SMALL = 4096;
/** The largest number of idle buffers that are kept after a peak of load. */
const MAX_IDLE = 32;

/** The state of a buffer into which one socket receives, one read after the other, until it is full. */
interface Buffered {
  /** The end offsets of the reads whose bytes are still in use. */
  readonly ends: Set<number>;
  isFull: boolean;
}

const idle: Buffer[] = [];
const inUse = new WeakMap<ArrayBufferLike, Buffered>();
/** The lengths of the reads that wait in a socket. */
const waiting = new WeakMap<Socket, number[]>();
/**
 * The free rest of the buffer into which the latest read went. The same socket gets the rest, because Node.js
 * asks for its next buffer right after the read.
 */
let room: Uint8Array | undefined;

/**
 * Lets sockets receive into buffers that are reused. Otherwise Node.js allocates memory outside of V8's heap
 * for each read, and V8 marks its whole heap after every 64 MiB of such memory. This marking would be most of
 * the work of reading an image. After each read, Node.js calls `callback`, with the socket as `this` (which
 * is not documented), and then `buffer`.
 * @see https://nodejs.org/api/net.html#socketconnectoptions-connectlistener
 */
export const intoReceiveBuffers = {
  buffer() {
    const next = room ?? idle.pop() ?? Buffer.allocUnsafeSlow(SIZE);
    room = undefined;
    return next;
  },
  callback(this: Socket, length: number, memory: Uint8Array) {
    const lengths = waiting.get(this) ?? returnReadsOneByOne(this);
    lengths.push(length);
    const isSmall = length < SMALL;
    const rest = isSmall ? memory : memory.subarray(length);
    const isFull = rest.length < MIN_ROOM;
    const read = isSmall ? Buffer.copyBytesFrom(memory, 0, length) : markInUse(memory, length, isFull);
    const wantsMore = this.push(read);
    if (!isFull) room = rest;
    return wantsMore;
  },
} satisfies OnReadOpts;

/** Notes that the bytes of a read are in use, and returns them. */
function markInUse(memory: Uint8Array, length: number, isFull: boolean): Uint8Array {
  const state = inUse.get(memory.buffer) ?? { ends: new Set(), isFull: false };
  inUse.set(memory.buffer, state);
  state.ends.add(memory.byteOffset + length);
  state.isFull = isFull;
  return memory.subarray(0, length);
}

/**
 * Makes each `read()` of a socket return the bytes of one read from the network. Otherwise the stream would
 * join all waiting bytes in new memory.
 * @returns the list to which the length of each read MUST be added
 */
function returnReadsOneByOne(socket: Socket): number[] {
  const lengths: number[] = [];
  const { unshift } = socket;
  // The socket's own `read` would receive more from the network each time, even if enough bytes wait already.
  socket.read = (size) => Readable.prototype.read.call(socket, size ?? lengths.shift());
  socket.unshift = (rest) => {
    // A destroyed stream ignores `unshift`.
    if (rest.length > 0 && !socket.destroyed) lengths.unshift(rest.length);
    unshift.call(socket, rest);
  };
  waiting.set(socket, lengths);
  return lengths;
}

/**
 * Yields the chunks of an answer. A chunk MUST be consumed before the next one is requested: from then on,
 * its memory is reused. If an answer is read in another way, or not to its end, its memory is left to the
 * garbage collector.
 */
export async function* received(answer: Readable): AsyncGenerator<Buffer> {
  if (answer.destroyed) throw answer.errored ?? new Error('the answer was given up');
  // Each `data` event brings one chunk. An iteration over the stream itself would join the waiting chunks.
  const oneByOne = { close: ['end', 'close'], highWaterMark: 1, lowWaterMark: 1 };
  try {
    for await (const [chunk] of on(answer, 'data', oneByOne)) {
      yield chunk;
      giveBack(chunk);
    }
    if (!answer.readableEnded) throw new Error('the answer was given up');
  } finally {
    // undici reports a destroyed answer as an error, which nobody else would handle.
    answer.on('error', () => {}).destroy();
  }
}

/**
 * Notes that a chunk has been consumed. The chunks of a read are consumed in order, so the last one frees all
 * bytes of the read. A full buffer becomes idle when all its bytes are free.
 */
function giveBack({ buffer, byteOffset, byteLength }: Buffer): void {
  const state = inUse.get(buffer);
  if (state === undefined) return;
  const endsRead = state.ends.delete(byteOffset + byteLength);
  if (!endsRead || state.ends.size > 0 || !state.isFull) return;
  inUse.delete(buffer);
  if (idle.length < MAX_IDLE) idle.push(Buffer.from(buffer));
}
