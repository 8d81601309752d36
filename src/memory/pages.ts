import { MIB } from './units.ts';

/** Declared here, because it is not among Node.js's types. */
declare const WebAssembly: {
  readonly Memory: new (pages: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => { readonly buffer: SharedArrayBuffer };
};

const PAGE = 64 * 1024;
/** Bytes that are allocated at a time and cut into pieces; more if a larger piece is needed. */
const BLOCK = 512 * MIB;

/** Pieces that nobody has borrowed. The length of each is a power of two, and divides its offset. */
const idle: Buffer[] = [];
/** Bytes that are borrowed at the moment. */
let lent = 0;

/**
 * Returns memory that threads can share and that begins at a page boundary, as direct I/O requires. In
 * Node.js only WebAssembly's memory has both properties. The garbage collector frees such memory late or
 * never: the collectors of all threads have to agree, and none of them sees its size. So the memory is lent
 * again and again. Larger pieces are halved, and returned halves are joined (the buddy system; Knuth, The Art
 * of Computer Programming, 2.5).
 */
export function borrowPages(bytes: number): Buffer {
  const size = PAGE * 2 ** Math.ceil(Math.log2(Math.max(1, bytes / PAGE)));
  lent += size;
  let pages = takeSmallest(size) ?? newBlock(size);
  while (pages.length > size) {
    idle.push(pages.subarray(pages.length / 2));
    pages = pages.subarray(0, pages.length / 2);
  }
  return pages;
}

/** Returns the smallest idle piece of at least `size` bytes, if there is one. */
function takeSmallest(size: number): Buffer | undefined {
  const smallest = Math.min(...idle.map(({ length }) => length).filter((length) => length >= size));
  return takeIdle(({ length }) => length === smallest);
}

function takeIdle(matches: (pages: Buffer) => boolean): Buffer | undefined {
  const found = idle.findLastIndex(matches);
  return found === -1 ? undefined : idle.splice(found, 1)[0];
}

/** Allocates a new block. Pages of it that are never touched take no memory. */
function newBlock(size: number): Buffer {
  const count = Math.max(size, BLOCK) / PAGE;
  return Buffer.from(new WebAssembly.Memory({ initial: count, maximum: count, shared: true }).buffer);
}

/** Returns how many bytes are borrowed at the moment, and how many are idle. */
export function pagesInUse(): { readonly lent: number; readonly idle: number } {
  return { lent, idle: idle.reduce((sum, { length }) => sum + length, 0) };
}

/** Takes back memory that `borrowPages` has lent. It MUST NOT be used any more. */
export function returnPages(pages: Buffer): void {
  lent -= pages.length;
  const { buffer } = pages;
  let { byteOffset, length } = pages;
  const joinedOffset = () => byteOffset - (byteOffset % (2 * length));
  const isFirstHalf = () => byteOffset === joinedOffset();
  const isOtherHalf = (other: Buffer) =>
    other.buffer === buffer &&
    other.length === length &&
    other.byteOffset === (isFirstHalf() ? byteOffset + length : joinedOffset());
  while (takeIdle(isOtherHalf) !== undefined) {
    byteOffset = joinedOffset();
    length *= 2;
  }
  idle.push(Buffer.from(buffer, byteOffset, length));
}

/**
 * Copies bytes into memory of `borrowPages`. This is ten times as fast as `TypedArray.prototype.set`, with
 * which V8 writes shared memory word by word.
 */
export function copyInto(memory: Uint8Array, at: number, bytes: Uint8Array): void {
  if (bytes.length > 0) Buffer.prototype.fill.call(memory, bytes, at, at + bytes.length);
}
