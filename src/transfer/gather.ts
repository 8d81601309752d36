/** How long bytes wait for more; milliseconds. */
const LINGER = 10;

/**
 * Chunks put together to `size` bytes, as long as they come without a pause: a socket gives 16 to 64 KiB, and
 * each write to a file takes two trips to the thread pool. What came before an error is yielded before it is
 * thrown. A chunk is the caller's until it asks for the next one.
 */
export async function* gathered(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  const buffer = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  let next = source.next();
  try {
    for (;;) {
      if (filled > 0 && !(await comesSoon(next))) {
        yield buffer.subarray(0, filled);
        filled = 0;
      }
      const { done, value } = await next;
      if (done) break;
      for (let rest = value; rest.length > 0; ) {
        const piece = rest.subarray(0, size - filled);
        // What is large enough is not copied.
        if (piece.length < size) buffer.set(piece, filled);
        filled += piece.length;
        rest = rest.subarray(piece.length);
        if (filled < size) continue;
        yield piece.length < size ? buffer : piece;
        filled = 0;
      }
      next = source.next();
    }
    if (filled > 0) yield buffer.subarray(0, filled);
  } finally {
    // It may be waiting for a chunk that never comes: nobody waits with it.
    next.catch(() => {});
    source.return?.().catch(() => {});
  }
}

async function comesSoon(next: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, LINGER, false);
  const came = next.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([came, late]);
  } finally {
    clearTimeout(timer);
  }
}
