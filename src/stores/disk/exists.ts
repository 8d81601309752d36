import { access } from 'node:fs/promises';
import { failsWith } from './disk-errors.ts';

/** Tells whether there is something at a path. Follows a link. */
export async function exists(path: string): Promise<boolean> {
  return !(await failsWith('ENOENT', access(path)));
}
