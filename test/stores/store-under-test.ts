import { createHash, randomUUID } from 'node:crypto';
import type { ByteRange, Digests, ImageRecord } from '../../src/image/index.ts';
import type {
  DestinationRef,
  ImageStore,
  InspectedImage,
  PartReader,
  StoreErrorCode,
} from '../../src/stores/index.ts';

/** A store that is empty at first, and what its owner can do to it with other tools. */
export interface StoreUnderTest {
  readonly store: ImageStore;
  /** Two tenants, each of whom sees only its own images. */
  readonly tenants: { readonly a: string; readonly b: string };
  /**
   * Adds an image with this data. Its record is `recordOf` of the data, with these fields changed. By default
   * it belongs to tenant a.
   */
  addImage(data: Uint8Array, fields?: Partial<ImageRecord>): Promise<ImageRecord>;
  /** Lists everything that the store holds of any image, whether it can be seen or not. */
  traces(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A store in which others can change the record and the data of an image. */
export interface AlterableStore extends StoreUnderTest {
  /** Replaces an image's record with anything. */
  putRecord(imageId: string, record: string | Uint8Array): Promise<void>;
  /** Makes the data of an image look new, but leaves every byte as it is. */
  touchData(imageId: string): Promise<void>;
  /** Changes at least one byte of an image's data, and keeps the size. */
  alterData(imageId: string): Promise<void>;
  /** Replaces an image's data with other data of the same size. */
  replaceData(imageId: string): Promise<void>;
}

/** A store whose tenants can upload into an image that a job is making for them. */
export interface MeddledStore extends StoreUnderTest {
  uploadAsOwner(imageId: string, data: Uint8Array): Promise<void>;
}

/** Opens an empty store. */
export type OpenStore<Store extends StoreUnderTest = StoreUnderTest> = () => Promise<Store>;

/** The traits in which stores differ. */
export interface StoreTraits {
  /** The id of a discarded image can be given to another image. */
  readonly reusesIds: boolean;
  /** Error of a `prepare` whose image id is used up, or belongs to an image that the store may not see. */
  readonly usedIdError: 'conflict' | 'spoilt';
  /** An id need not be a UUID. */
  readonly freeIds: boolean;
  /** The store knows the highest attempt at an unfinished image, and refuses lower ones. */
  readonly numbers: boolean;
  /** An image may have no bytes. */
  readonly emptyImages: boolean;
  /** An operator sees the images of all tenants. */
  readonly operators: boolean;
}

/** The numbers of the first attempt and of the last attempt of a test. */
export const FIRST = 0;
export const LAST = Number.MAX_SAFE_INTEGER;

/** Returns an image's record as its owner would write it. */
export function recordOf(data: Uint8Array, fields: Partial<ImageRecord> = {}): ImageRecord {
  const { sha512, md5 } = digestsOfBytes(data);
  return {
    id: randomUUID(),
    name: 'Ubuntu 24.04',
    status: 'active',
    owner: 'tenant-a',
    visibility: 'private',
    os_hidden: false,
    protected: false,
    disk_format: 'raw',
    container_format: 'bare',
    size: data.length,
    min_disk: 4,
    min_ram: 512,
    os_hash_algo: 'sha512',
    os_hash_value: sha512,
    checksum: md5,
    tags: ['lts'],
    properties: { os_distro: 'ubuntu' },
    created_at: '2026-01-02T03:04:05Z',
    ...fields,
  };
}

export function digestsOfBytes(data: Uint8Array): { readonly sha512: string; readonly md5: string } {
  const hex = (algorithm: string) => createHash(algorithm).update(data).digest('hex');
  return { sha512: hex('sha512'), md5: hex('md5') };
}

/** The digests of an image whose source has no digests. */
export const NO_DIGESTS: Digests = { sha512: null, md5: null };

/** Returns a reference to an image that a job is about to make. */
export function newRef(fields: Partial<DestinationRef> = {}): DestinationRef {
  return {
    image_id: randomUUID(),
    tenant_id: 'tenant-a',
    mark: randomUUID(),
    digests: NO_DIGESTS,
    ...fields,
  };
}

/** Returns a reference to an image as an operator uses it. */
export function anyone(imageId: string): { image_id: string; tenant_id: null } {
  return { image_id: imageId, tenant_id: null };
}

/** Returns the code of the `StoreError` with which a call fails, or `success`. */
export async function codeOf(call: Promise<unknown>): Promise<StoreErrorCode | 'success'> {
  try {
    await call;
    return 'success';
  } catch (error) {
    if (error instanceof Error && error.name === 'StoreError' && 'code' in error) {
      return error.code as StoreErrorCode;
    }
    throw error;
  }
}

/** Reads all bytes of a range. Copies each chunk, which is valid only until the next one is asked for. */
export async function readAll(reader: PartReader, range: ByteRange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of reader.read(range, new AbortController().signal)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Reads the bytes of an image as a tenant gets them. */
export async function dataOf(
  store: ImageStore,
  imageId: string,
  tenantId: string | null = null,
): Promise<Buffer> {
  const ref = { image_id: imageId, tenant_id: tenantId };
  const { record, pin }: InspectedImage = await store.inspect(ref);
  const reader = await store.openReader(ref, pin);
  try {
    return await readAll(reader, [0, record.size]);
  } finally {
    await reader.close();
  }
}

/** Lists the ids of the images that a tenant finds in the store. */
export async function listed(store: ImageStore, tenantId: string | null = null): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of store.images(tenantId)) ids.push(id);
  return ids.sort();
}
