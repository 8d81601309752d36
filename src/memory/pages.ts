/** Declared here, because it is not among Node.js's types. */
declare const WebAssembly: {
  readonly Memory: new (pages: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => { readonly buffer: SharedArrayBuffer };
};

const PAGE = 64 * 1024;

const idle: Buffer[] = [];
let lent = 0;

/**
 * Returns memory that begins at a page, as writes past the page cache need it, and that threads share. In
 * Node.js only WebAssembly's memory is both. Nothing frees it, and it is lent again: the garbage collectors
 * of several threads would have to agree that nobody uses it any more, and do not see its size.
 */
export function borrowPages(bytes: number): Buffer {
  // There are few sizes, so that idle memory serves again. Pages that are never touched cost nothing.
  const count = 2 ** Math.ceil(Math.log2(Math.max(1, bytes / PAGE)));
  const found = idle.findLastIndex(({ length }) => length === count * PAGE);
  const [pages] = found === -1 ? [] : idle.splice(found, 1);
  lent += count * PAGE;
  return (
    pages ?? Buffer.from(new WebAssembly.Memory({ initial: count, maximum: count, shared: true }).buffer)
  );
}

/** Returns how many bytes of such memory are lent at the moment, and how many wait to be lent again. */
export function pagesInUse(): { readonly lent: number; readonly idle: number } {
  return { lent, idle: idle.reduce((sum, { length }) => sum + length, 0) };
}

export function returnPages(pages: Buffer): void {
  lent -= pages.length;
  idle.push(pages);
}

/**
 * Copies bytes into memory of `borrowPages`. `TypedArray.prototype.set` takes ten times as long there: V8
 * writes memory that threads share word by word, or byte by byte.
 */
export function copyInto(memory: Uint8Array, at: number, bytes: Uint8Array): void {
  if (bytes.length > 0) Buffer.prototype.fill.call(memory, bytes, at, at + bytes.length);
}
