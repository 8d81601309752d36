import { access, constants, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import Type from 'typebox';
import { isVisibleTo } from '../../image/index.ts';
import { assertReachable, onDisk } from '../disk-errors.ts';
import type { ImageStore, SourceRef, StoreDriver } from '../port.ts';
import { StoreError } from '../store-error.ts';
import { usable } from '../usable.ts';
import { directoryDestination } from './destination.ts';
import { isImageFolder, layout } from './layout.ts';
import { imageLeftovers } from './leftovers.ts';
import { directoryObjects } from './objects.ts';
import { openReader, pinOf } from './reader.ts';
import { readRecord } from './record-file.ts';
import { registerFile } from './register.ts';

/** Where the images of a directory store are. */
export interface DirectoryOptions {
  readonly path: string;
}

/** Images as folders of a file system: the embedded default. */
export const directoryDriver: StoreDriver<DirectoryOptions> = {
  name: 'directory',
  options: Type.Object({ path: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  open: (options, baseDirectory) => openDirectory(resolve(baseDirectory, options.path)),
};

function openDirectory(root: string): ImageStore {
  const paths = layout(root);
  const dataOf = (imageId: string) => join(paths.image(imageId), 'data');
  return {
    ...directoryDestination(paths),
    objects: directoryObjects(root),

    inspect: (ref) =>
      onDisk(async () => {
        await assertReachable(root);
        const record = await readRecord(paths.image(ref.image_id));
        if (!isVisibleTo(record, ref.tenant_id)) throw notFound(ref);
        if (record.status !== 'active') {
          throw new StoreError('not_active', `image ${ref.image_id} is ${record.status}, not active`);
        }
        return { record, pin: await pinOf(dataOf(ref.image_id)) };
      }).catch((error) => {
        throw error.code === 'not_found' ? notFound(ref) : error;
      }),

    openReader: async (ref, pin) => {
      await assertReachable(root);
      return openReader(dataOf(ref.image_id), pin);
    },

    check: async () => {
      await assertReachable(root);
      await onDisk(() => access(root, constants.R_OK | constants.W_OK | constants.X_OK));
    },

    async *images(tenantId, onUnusable) {
      await assertReachable(root);
      for (const name of await onDisk(() => readdir(root))) {
        if (!isImageFolder(name)) continue;
        const record = await usable(
          name,
          onDisk(() => readRecord(join(root, name))),
          onUnusable,
        );
        if (record !== undefined && isVisibleTo(record, tenantId)) yield record;
      }
    },

    register: (file, image, signal) =>
      onDisk(async () => {
        await assertReachable(root);
        return registerFile(paths, file, image, signal);
      }).catch((error) => {
        throw signal?.aborted ? signal.reason : error;
      }),
    leftovers: () => imageLeftovers(paths),
    locate: dataOf,
  };
}

function notFound(ref: SourceRef): StoreError {
  return new StoreError('not_found', `there is no image ${ref.image_id}, or it is not yours to see`);
}
