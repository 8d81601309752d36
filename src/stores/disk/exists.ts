import { access } from 'node:fs/promises';
import { ignoring } from './disk-errors.ts';

/** Tells whether there is something at a path. Follows a link. */
export async function exists(path: string): Promise<boolean> {
  const found = ignoring(
    'ENOENT',
    access(path).then(() => true),
  );
  return (await found) ?? false;
}
