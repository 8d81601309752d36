import { access, constants, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import Type from 'typebox';
import { isVisibleTo } from '../../image/index.ts';
import { assertReachable, onDisk } from '../disk/disk-errors.ts';
import type { ImageStore, StoreDriver } from '../image-store.ts';
import { recordIfUsable } from '../usable.ts';
import { directoryDestination } from './destination.ts';
import { directorySource, recordAt } from './image-source.ts';
import { isImageFolder, layout } from './layout.ts';
import { imageLeftovers } from './leftovers.ts';
import { directoryObjects } from './objects.ts';
import { registerFile } from './register.ts';

/** Options of a directory store. */
export interface DirectoryOptions {
  /** Path of the folder that has the images. */
  readonly path: string;
}

/** Keeps images as folders of a file system. */
export const directoryDriver: StoreDriver<DirectoryOptions> = {
  name: 'directory',
  options: Type.Object({ path: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  open: (options, baseDirectory) => openDirectory(resolve(baseDirectory, options.path)),
};

function openDirectory(root: string): ImageStore {
  const paths = layout(root);
  return {
    ...directorySource(paths),
    ...directoryDestination(paths),
    objects: directoryObjects(root),

    check: async () => {
      await assertReachable(root);
      await onDisk(() => access(root, constants.R_OK | constants.W_OK | constants.X_OK));
    },

    async *images(tenantId, onUnusable) {
      await assertReachable(root);
      for (const name of await onDisk(() => readdir(root))) {
        if (!isImageFolder(name)) continue;
        const record = await recordIfUsable(name, () => recordAt(paths, name), onUnusable);
        if (record !== undefined && isVisibleTo(record, tenantId)) yield record;
      }
    },

    register: (file, image, options = {}) =>
      onDisk(async () => {
        await assertReachable(root);
        return registerFile(paths, file, image, options);
      }, options.signal),

    leftovers: () => imageLeftovers(paths),

    locate: (imageId) => join(paths.image(imageId), 'data'),
  };
}
