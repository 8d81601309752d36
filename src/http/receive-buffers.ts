import { on } from 'node:events';
import type { OnReadOpts, Socket } from 'node:net';
import { Readable } from 'node:stream';

const SIZE = 512 * 1024;
/** The least room to receive into: as much as Node.js takes for a read. */
const LEAST = 64 * 1024;
/**
 * What comes in smaller pieces is mostly heads and short answers: copied, so that they hold no memory for
 * long.
 */
const SMALL = 4096;
/** What is kept beyond it would be the memory of a rush hour. */
const MAX_IDLE = 32;

/** A piece of memory that one socket receives into, read by read, until it is full. */
interface Buffered {
  /** Where the reads end that are in somebody's hands. */
  readonly ends: Set<number>;
  isFull: boolean;
}

const idle: Buffer[] = [];
const inUse = new WeakMap<ArrayBufferLike, Buffered>();
/** The lengths of the reads that wait in a socket. */
const waiting = new WeakMap<Socket, number[]>();
/** Where the socket goes on whose read has just been taken. */
let room: Uint8Array | undefined;

/**
 * Lets sockets receive into memory that serves again. Node.js takes new memory for each read, outside of V8's
 * heap, and every 64 MiB of it V8 marks the whole heap: for an image, that is more work than all else.
 * Node.js calls `callback` as the socket's, which it does not document, and then asks for the next buffer.
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

/** Hands out what a read has brought. */
function taken(memory: Uint8Array, length: number, isFull: boolean): Uint8Array {
  const state = inUse.get(memory.buffer) ?? { ends: new Set(), isFull: false };
  inUse.set(memory.buffer, state);
  state.ends.add(memory.byteOffset + length);
  state.isFull = isFull;
  return memory.subarray(0, length);
}

/**
 * Has a socket give what one read has brought for each `read()`: all that waits would be put together, in new
 * memory. It does so as any stream; a socket with `onread` would go on receiving each time, however much
 * waits.
 */
function givenOneByOne(socket: Socket): number[] {
  const lengths: number[] = [];
  const { unshift } = socket;
  socket.read = (size) => Readable.prototype.read.call(socket, size ?? lengths.shift());
  socket.unshift = (rest) => {
    // A stream that is destroyed takes nothing.
    if (rest.length > 0 && !socket.destroyed) lengths.unshift(rest.length);
    unshift.call(socket, rest);
  };
  waiting.set(socket, lengths);
  return lengths;
}

/**
 * The chunks of an answer, each one good until the next is asked for: then its memory serves again. Of an
 * answer that is read in another way, or not to its end, the garbage collector has the memory.
 */
export async function* received(answer: Readable): AsyncGenerator<Buffer> {
  if (answer.destroyed) throw answer.errored ?? new Error('the answer was given up');
  // To iterate a stream puts together what waits in it, too.
  const oneByOne = { close: ['end', 'close'], highWaterMark: 1, lowWaterMark: 1 };
  try {
    for await (const [chunk] of on(answer, 'data', oneByOne)) {
      yield chunk;
      giveBack(chunk);
    }
    if (!answer.readableEnded) throw new Error('the answer was given up');
  } finally {
    // undici calls this an error, which nobody waits for any more.
    answer.on('error', () => {}).destroy();
  }
}

/**
 * With the chunk where a read ends all of that read is done: what comes before it was asked for before it.
 */
function giveBack({ buffer, byteOffset, byteLength }: Buffer): void {
  const state = inUse.get(buffer);
  if (!state?.ends.delete(byteOffset + byteLength) || state.ends.size > 0 || !state.isFull) return;
  inUse.delete(buffer);
  if (idle.length < MAX_IDLE) idle.push(Buffer.from(buffer));
}
