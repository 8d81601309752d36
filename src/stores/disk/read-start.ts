import type { FileHandle } from 'node:fs/promises';

/** Reads a file from its beginning as text, but not more than `most` bytes of it. */
export async function readStart(file: FileHandle, most: number): Promise<string> {
  const { size } = await file.stat();
  const start = Buffer.alloc(Math.min(size, most));
  let length = 0;
  while (length < start.length) {
    const { bytesRead } = await file.read(start, length, start.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return start.toString('utf8', 0, length);
}
