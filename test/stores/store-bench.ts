import { afterEach, beforeEach } from 'vitest';
import type { ImageRecord } from '../../src/image/index.ts';
import type { DestinationRef, ImageStore } from '../../src/stores/index.ts';
import { copyFor, makeImage } from './make-image.ts';
import {
  dataOf,
  digestsOfBytes,
  FIRST,
  listed,
  newRef,
  type OpenStore,
  type StoreUnderTest,
} from './store-under-test.ts';

/** A fresh store for each test of a suite, with short names for what tenant a does there. */
export interface StoreBench<Store extends StoreUnderTest> {
  /** The store of the current test. */
  readonly current: Store;
  readonly store: ImageStore;
  /** Returns a reference to an image of tenant a that a job is about to make from this data. */
  ref(data: Uint8Array, fields?: Partial<DestinationRef>): DestinationRef;
  /** Returns a reference to an image as tenant a uses it. */
  own(imageId: string): { image_id: string; tenant_id: string };
  prepare(ref: DestinationRef, data: Uint8Array): Promise<void>;
  /** Makes an image as a job does. */
  make(ref: DestinationRef, data: Buffer): Promise<ImageRecord>;
  /** Returns the bytes of an image of tenant a. */
  data(imageId: string): Promise<Buffer>;
  /** Returns the ids of the images that a tenant finds. */
  listed(tenant?: 'a' | 'b'): Promise<string[]>;
}

export function storeBench<Store extends StoreUnderTest>(openStore: OpenStore<Store>): StoreBench<Store> {
  let opened: Store | undefined;
  beforeEach(async () => {
    opened = await openStore();
  });
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });
  const ofThisTest = (): Store => {
    if (opened === undefined) throw new Error('a store is there only while a test runs');
    return opened;
  };
  return {
    get current() {
      return ofThisTest();
    },
    get store() {
      return ofThisTest().store;
    },
    ref: (data, fields) =>
      newRef({ tenant_id: ofThisTest().tenants.a, digests: digestsOfBytes(data), ...fields }),
    own: (imageId) => ({ image_id: imageId, tenant_id: ofThisTest().tenants.a }),
    prepare: (ref, data) => ofThisTest().store.prepare(ref, FIRST, copyFor(ref, data)),
    make: (ref, data) => makeImage(ofThisTest().store, ref, data),
    data: (imageId) => dataOf(ofThisTest().store, imageId, ofThisTest().tenants.a),
    listed: (tenant = 'a') => listed(ofThisTest().store, ofThisTest().tenants[tenant]),
  };
}
