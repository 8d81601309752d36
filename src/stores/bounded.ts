import type { Readable } from 'node:stream';

/**
 * Reads a stream whole, as long as it has no more than `max` bytes. Returns `undefined` for one that has
 * more, and reads no further.
 */
export async function readBounded(stream: Readable, max: number): Promise<Buffer | undefined> {
  const read: Uint8Array[] = [];
  let size = 0;
  // Some streams report an error if the rest is not read. Nobody waits for it.
  stream.on('error', () => {});
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > max) return undefined;
    read.push(chunk);
  }
  return Buffer.concat(read);
}
