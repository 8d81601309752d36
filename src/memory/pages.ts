/** Not among Node.js's types. */
declare const WebAssembly: {
  readonly Memory: new (pages: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => { readonly buffer: SharedArrayBuffer };
};

const PAGE = 64 * 1024;

const idle: Buffer[] = [];

/**
 * Memory that begins at a page, as writes past the page cache want it, and that threads share: in Node.js
 * only WebAssembly's is. The garbage collectors of several threads would have to agree that nobody uses it
 * any more, and do not see its weight: it is never let go, and lent again.
 */
export function borrowPages(bytes: number): Buffer {
  // Few sizes, so that what is idle serves again. Room that is never touched costs nothing.
  const count = 2 ** Math.ceil(Math.log2(Math.max(1, bytes / PAGE)));
  const found = idle.findLastIndex(({ length }) => length === count * PAGE);
  const [pages] = found === -1 ? [] : idle.splice(found, 1);
  return (
    pages ?? Buffer.from(new WebAssembly.Memory({ initial: count, maximum: count, shared: true }).buffer)
  );
}

export function returnPages(pages: Buffer): void {
  idle.push(pages);
}

/**
 * Copies bytes into such memory. `TypedArray.prototype.set` takes ten times as long there: V8 writes what
 * threads share word by word, or byte by byte.
 */
export function copyInto(memory: Uint8Array, at: number, bytes: Uint8Array): void {
  if (bytes.length > 0) Buffer.prototype.fill.call(memory, bytes, at, at + bytes.length);
}
