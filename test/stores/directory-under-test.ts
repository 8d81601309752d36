import { mkdir, mkdtemp, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryDriver } from '../../src/stores/directory/index.ts';
import { until } from '../support/until.ts';
import { type AlterableStore, recordOf, type StoreTraits } from './store-under-test.ts';

export interface DirectoryUnderTest extends AlterableStore {
  /** The folder that holds the images. */
  readonly root: string;
  /** Returns the folder of an image in the making. */
  partialOf(imageId: string): string;
  /** Lists the files of an image. */
  filesOf(imageId: string): Promise<readonly string[]>;
}

export const DIRECTORY_TRAITS: StoreTraits = {
  reusesIds: true,
  usedIdError: 'conflict',
  numbers: true,
  freeIds: true,
  emptyImages: true,
  operators: true,
};

/** Opens a directory store in a folder of its own. */
export async function openDirectory(): Promise<DirectoryUnderTest> {
  const base = await mkdtemp(join(tmpdir(), 'image-replicator-store-'));
  const root = join(base, 'images');
  await mkdir(root);
  const data = (imageId: string) => join(root, imageId, 'data');
  return {
    root,
    partialOf: (imageId) => join(root, `.${imageId}.partial`),
    filesOf: async (imageId) => (await readdir(join(root, imageId))).sort(),
    store: directoryDriver.open({ path: 'images' }, base),
    tenants: { a: 'tenant-a', b: 'tenant-b' },
    async addImage(bytes, fields) {
      const record = recordOf(bytes, fields);
      await mkdir(join(root, record.id));
      await writeFile(data(record.id), bytes);
      await writeFile(join(root, record.id, 'image.json'), JSON.stringify(record));
      return record;
    },
    putRecord: (imageId, record) => writeFile(join(root, imageId, 'image.json'), record),
    touchData: (imageId) => utimes(data(imageId), 1, 1),
    alterData: (imageId) => flipFirstByte(data(imageId)),
    async replaceData(imageId) {
      const { size } = await stat(data(imageId));
      await writeFile(`${data(imageId)}.new`, Buffer.alloc(size, 'r'));
      await rename(`${data(imageId)}.new`, data(imageId));
    },
    traces: async () => (await readdir(root, { recursive: true })).sort(),
    close: () => rm(base, { recursive: true, force: true }),
  };
}

/**
 * Flips the first byte. Writes the flipped byte again until the time of the file has changed, because the
 * clock of a file system may be coarse.
 */
async function flipFirstByte(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { mtimeMs } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 0);
    buffer.writeUInt8(buffer.readUInt8() ^ 0xff);
    await until(async () => {
      await file.write(buffer, 0, 1, 0);
      return (await file.stat()).mtimeMs !== mtimeMs;
    });
  } finally {
    await file.close();
  }
}
