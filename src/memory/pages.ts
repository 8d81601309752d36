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
/** The size of a block of memory, from which pages are cut, unless more are wanted; bytes. */
const BLOCK = 256 * MIB;

/** Pages that nobody has. A piece has a power of two of bytes, and begins at a multiple of that. */
const idle: Buffer[] = [];
let lent = 0;

/**
 * Returns memory that begins at a page, as writes past the page cache need it, and that threads share. In
 * Node.js only WebAssembly's memory is both. Nothing frees it, and it is lent again: the garbage collectors
 * of several threads would have to agree that nobody uses it any more, and do not see its size. It serves for
 * whatever size is wanted next: a larger piece is halved, and halves that come back are joined (the buddy
 * system; Knuth, The Art of Computer Programming, 2.5).
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

function takeIdle(isIt: (pages: Buffer) => boolean): Buffer | undefined {
  const found = idle.findLastIndex(isIt);
  return found === -1 ? undefined : idle.splice(found, 1)[0];
}

/** Returns a new block. Pages of it that are never touched cost nothing. */
function newBlock(size: number): Buffer {
  const count = Math.max(size, BLOCK) / PAGE;
  return Buffer.from(new WebAssembly.Memory({ initial: count, maximum: count, shared: true }).buffer);
}

/** Returns how many bytes of such memory are lent at the moment, and how many wait to be lent again. */
export function pagesInUse(): { readonly lent: number; readonly idle: number } {
  return { lent, idle: idle.reduce((sum, { length }) => sum + length, 0) };
}

/** Takes back what `borrowPages` has lent. Nobody MAY use it any more. */
export function returnPages(pages: Buffer): void {
  lent -= pages.length;
  const { buffer } = pages;
  let { byteOffset, length } = pages;
  const joined = () => byteOffset - (byteOffset % (2 * length));
  const isOtherHalf = (other: Buffer) =>
    other.buffer === buffer &&
    other.length === length &&
    other.byteOffset === 2 * joined() + length - byteOffset;
  while (takeIdle(isOtherHalf) !== undefined) {
    byteOffset = joined();
    length *= 2;
  }
  idle.push(Buffer.from(buffer, byteOffset, length));
}

/**
 * Copies bytes into memory of `borrowPages`. `TypedArray.prototype.set` takes ten times as long there: V8
 * writes memory that threads share word by word, or byte by byte.
 */
export function copyInto(memory: Uint8Array, at: number, bytes: Uint8Array): void {
  if (bytes.length > 0) Buffer.prototype.fill.call(memory, bytes, at, at + bytes.length);
}
