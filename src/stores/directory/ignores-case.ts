import { randomUUID } from 'node:crypto';
import { unlink, writeFile } from 'node:fs/promises';
import { exists } from '../disk/exists.ts';
import { SMALL_PREFIX } from './object-leftovers.ts';
import { makeHidden } from './object-partial.ts';

/** Tells whether the file system of a share takes names that differ only in their case for one. */
export async function ignoresCase(root: string): Promise<boolean> {
  const hidden = await makeHidden(root);
  // If this process dies, a sweep removes the file.
  const name = `${SMALL_PREFIX}${randomUUID()}`;
  try {
    await writeFile(hidden.at(name), '');
    const isSame = await exists(hidden.at(name.toUpperCase()));
    await unlink(hidden.at(name));
    return isSame;
  } finally {
    await hidden.close();
  }
}
