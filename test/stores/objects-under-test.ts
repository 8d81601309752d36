import type { ImageStore, ObjectStore } from '../../src/stores/index.ts';
import { recordOf, type StoreUnderTest } from './store-under-test.ts';

/** The objects of a store, none at first, and the ways in which others can change them. */
export interface ObjectsUnderTest {
  readonly objects: ObjectStore;
  /** Writes an object as other programs do. */
  put(path: string, data: Uint8Array | string): Promise<unknown>;
  /** Lists everything that exists: objects and unfinished objects. */
  traces(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export type OpenObjects<Under extends ObjectsUnderTest = ObjectsUnderTest> = () => Promise<Under>;

/** Returns objects in the form of a store of images. */
export function asStore(objects: ObjectStore): ImageStore {
  return {
    ...objects,
    async check() {},
    async *images() {
      for await (const { path } of objects.list('', null)) {
        yield (await objects.inspect({ image_id: path, tenant_id: null })).record;
      }
    },
    locate: (path) => path,
  };
}

/** Opens objects for a contract about images, because the rules for bytes are the same for both. */
export async function asImages(open: OpenObjects): Promise<StoreUnderTest> {
  const underTest = await open();
  return {
    store: asStore(underTest.objects),
    tenants: { a: 'tenant-a', b: 'tenant-b' },
    async addImage(data, fields) {
      const record = recordOf(data, fields);
      await underTest.put(record.id, data);
      return record;
    },
    traces: () => underTest.traces(),
    close: () => underTest.close(),
  };
}

/** Reads a whole object into a buffer of `room` bytes. */
export async function bytesOf(objects: ObjectStore, path: string, room = 4 * 1024 * 1024): Promise<Buffer> {
  const into = Buffer.alloc(room);
  const { size } = await objects.read(path, into, new AbortController().signal);
  return into.subarray(0, size);
}

/** Lists the paths with a prefix, from the beginning or after a path. */
export async function pathsOf(objects: ObjectStore, prefix = '', after: string | null = null) {
  const paths: string[] = [];
  for await (const { path, isFolder } of objects.list(prefix, after)) if (!isFolder) paths.push(path);
  return paths;
}
