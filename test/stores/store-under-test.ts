import { createHash, randomUUID } from 'node:crypto';
import type { ByteRange, ImageRecord } from '../../src/image/index.ts';
import type { DestinationRef, ImageStore, PartReader, StoreErrorCode } from '../../src/stores/index.ts';

/** A store that is empty at first, and what its owner's own tools can do to it. */
export interface StoreUnderTest {
  readonly store: ImageStore;
  /** Puts an image there; its record is `recordOf` these bytes with some fields changed. */
  addImage(data: Uint8Array, fields?: Partial<ImageRecord>): Promise<ImageRecord>;
  /** Overwrites a byte of an image's data, which keeps its size. */
  alterData(imageId: string): Promise<void>;
  /** Puts other data of the same size in the place of an image's data. */
  replaceData(imageId: string): Promise<void>;
  /** Whatever the store holds of any image, visible or not. */
  traces(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Opens an empty store. */
export type OpenStore = () => Promise<StoreUnderTest>;

/** An image's record as its owner would have it. */
export function recordOf(data: Uint8Array, fields: Partial<ImageRecord> = {}): ImageRecord {
  return {
    id: randomUUID(),
    name: 'Ubuntu 24.04',
    status: 'active',
    owner: 'tenant-a',
    visibility: 'private',
    disk_format: 'qcow2',
    container_format: 'bare',
    size: data.length,
    min_disk: 4,
    min_ram: 512,
    os_hash_algo: 'sha512',
    os_hash_value: createHash('sha512').update(data).digest('hex'),
    tags: ['lts'],
    properties: { os_distro: 'ubuntu' },
    created_at: '2026-01-02T03:04:05Z',
    ...fields,
  };
}

/** An image that a job is about to make. */
export function newRef(fields: Partial<DestinationRef> = {}): DestinationRef {
  return { image_id: randomUUID(), tenant_id: 'tenant-a', mark: randomUUID(), ...fields };
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

/** An image's bytes, as any reader gets them. */
export async function dataOf(store: ImageStore, imageId: string): Promise<Buffer> {
  const { record, pin } = await store.inspect(anyone(imageId));
  const reader = await store.openReader(anyone(imageId), pin);
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

/** Makes an image as a job does, from beginning to end. */
export async function makeImage(store: ImageStore, ref: DestinationRef, data: Buffer): Promise<ImageRecord> {
  const record = recordOf(data, { id: ref.image_id, owner: ref.tenant_id });
  await store.prepare(ref, data.length);
  const sink = await store.openSink(ref, 1, data.length);
  await sink.write(0, data);
  await sink.complete([0, data.length]);
  await sink.flush();
  await sink.close();
  await store.commit(ref, record);
  return record;
}
