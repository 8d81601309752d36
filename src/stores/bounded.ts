import type { Readable } from 'node:stream';

/** Reads a whole stream. If it has more than `max` bytes, stops reading, and returns `undefined`. */
export async function readBounded(stream: Readable, max: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Some streams emit an error if they are not read to the end. An unhandled one would end the process.
  stream.on('error', () => {});
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > max) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
