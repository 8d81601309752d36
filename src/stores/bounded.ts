import type { Readable } from 'node:stream';

/** Reads a whole stream of at most `max` bytes. Returns `undefined` as soon as it turns out to have more. */
export async function readBounded(stream: Readable, max: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Some streams emit an error if they are not read to the end, and nobody else would handle it.
  stream.on('error', () => {});
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > max) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
