import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { markText } from '../mark-text.ts';
import { StoreError } from '../store-error.ts';

/**
 * The files of one region, where a partial is the folder of an image in the making:
 *
 *     <root>/<image id>/image.json           the record
 *     <root>/<image id>/data                 the bytes
 *     <root>/<image id>/job-<mark>           its name says which job made the image; missing if none did
 *     <root>/<image id>/fence-<n>            attempt n has committed or adopted the image
 *     <root>/.<image id>.partial/job-<mark>  its name says which job is making the image; if none is, the
 *                                            mark is a new one
 *     <root>/.<image id>.partial/fence-<n>   attempt n may write as long as this stands
 *     <root>/.<image id>.partial/parts       the byte ranges that are complete, one a line
 *     <root>/.<image id>.partial/data        the bytes so far
 *     <root>/.<image id>.partial/whole-<n>   attempt n has written all bytes, and they are on the disk
 *     <root>/.<image id>.partial/image.json  the record, once a commit has written it
 *     <root>/.<image id>.<mark>.<n>.new      a partial that attempt n is preparing
 *     <root>/.<image id>.<mark>.<n>.removed  a prepared partial (`.new`) that is being removed
 *
 * An image or a partial stays at its path while it is being removed, with `doomed-<n>` instead of a fence. A
 * folder changes from one of these paths to another by one atomic rename.
 */
export interface Layout {
  readonly root: string;
  image(imageId: string): string;
  partial(imageId: string): string;
  prepared(imageId: string, mark: string, attempt: number): string;
  /** Returns the prefix of the names of all partials that are being prepared for a job. */
  preparedPrefix(imageId: string, mark: string): string;
}

/** Matches image ids that can be the name of a folder. */
const SAFE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** Tells whether a folder of this name can be an image's. The name of such a folder is the image's id. */
export const isImageFolder = (name: string): boolean => SAFE_ID.test(name);

/** Returns the functions of a `Layout`. They throw `not_found` for an id that no image can have. */
export function layout(root: string): Layout {
  const checked = (imageId: string): string => {
    if (!isImageFolder(imageId))
      throw new StoreError('not_found', 'the image id has characters that this store does not allow');
    return imageId;
  };
  const preparedPrefix = (imageId: string, mark: string) => `.${checked(imageId)}.${markText(mark)}.`;
  return {
    root,
    preparedPrefix,
    image: (imageId) => join(root, checked(imageId)),
    partial: (imageId) => join(root, `.${checked(imageId)}.partial`),
    prepared: (imageId, mark, attempt) => join(root, `${preparedPrefix(imageId, mark)}${attempt}.new`),
  };
}

/** Makes a folder's entries survive a loss of power (fsync(2), Notes). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
