import { createHash, randomUUID } from 'node:crypto';
import type { ByteRange, Digests, ImageRecord } from '../../src/image/index.ts';
import type {
  DestinationRef,
  ImageStore,
  InspectedImage,
  PartReader,
  StoreErrorCode,
} from '../../src/stores/index.ts';

/** A store that is empty at first, and what its owner's own tools can do to it. */
export interface StoreUnderTest {
  readonly store: ImageStore;
  /** Two tenants whose images are their own. */
  readonly tenants: { readonly a: string; readonly b: string };
  /**
   * Puts an image there; its record is `recordOf` these bytes with some fields changed, tenant a's by
   * default.
   */
  addImage(data: Uint8Array, fields?: Partial<ImageRecord>): Promise<ImageRecord>;
  /** Whatever the store holds of any image, visible or not. */
  traces(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A store in which somebody can get at an image's record and data. */
export interface AlterableStore extends StoreUnderTest {
  /** Puts anything in the place of an image's record. */
  putRecord(imageId: string, record: string | Uint8Array): Promise<void>;
  /** Makes an image's data look new; every byte stays as it is. */
  touchData(imageId: string): Promise<void>;
  /** Overwrites a byte of an image's data, which keeps its size. */
  alterData(imageId: string): Promise<void>;
  /** Puts other data of the same size in the place of an image's data. */
  replaceData(imageId: string): Promise<void>;
}

/** A store whose tenants can upload into an image that a job is making for them. */
export interface MeddledStore extends StoreUnderTest {
  uploadAsOwner(imageId: string, data: Uint8Array): Promise<void>;
}

/** Opens an empty store. */
export type OpenStore<Store extends StoreUnderTest = StoreUnderTest> = () => Promise<Store>;

/** The traits in which stores may differ. */
export interface StoreTraits {
  /** The id of an image that was discarded may be that of another one. */
  readonly reusesIds: boolean;
  /** An id need not be a UUID. */
  readonly freeIds: boolean;
  /** The store knows the highest attempt at what is in the making, and refuses lower ones. */
  readonly numbers: boolean;
  /** An image may have no bytes. */
  readonly emptyImages: boolean;
  /** An operator sees the images of all tenants. */
  readonly operators: boolean;
}

/** Numbers of attempts: one before all others of a test, and one behind them. */
export const FIRST = 0;
export const LAST = Number.MAX_SAFE_INTEGER;

/** An image's record as its owner would have it. */
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

/** The digests of an image whose source has none. */
export const NO_DIGESTS: Digests = { sha512: null, md5: null };

/** An image that a job is about to make. */
export function newRef(fields: Partial<DestinationRef> = {}): DestinationRef {
  return {
    image_id: randomUUID(),
    tenant_id: 'tenant-a',
    mark: randomUUID(),
    digests: NO_DIGESTS,
    ...fields,
  };
}

/** An operator's reference to an image. */
export function anyone(imageId: string): { image_id: string; tenant_id: null } {
  return { image_id: imageId, tenant_id: null };
}

/** The code of the `StoreError` with which a call ends. */
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

/** All bytes of a range; a chunk is only good until the next one is asked for. */
export async function readAll(reader: PartReader, range: ByteRange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of reader.read(range, new AbortController().signal)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** An image's bytes, as the readers of a tenant get them. */
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

/** The ids of the images that a tenant finds in the store. */
export async function listed(store: ImageStore, tenantId: string | null = null): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of store.images(tenantId)) ids.push(id);
  return ids.sort();
}
