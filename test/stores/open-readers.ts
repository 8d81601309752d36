import { onTestFinished } from 'vitest';
import type { ImageRecord } from '../../src/image/index.ts';
import type { PartReader } from '../../src/stores/index.ts';
import type { StoreBench } from './store-bench.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** Returns functions that open readers. The readers are closed when the test ends. */
export function openingReaders(bench: StoreBench<StoreUnderTest>, data: Uint8Array) {
  async function opened(imageId: string, pin: string): Promise<PartReader> {
    const reader = await bench.store.openReader(bench.own(imageId), pin);
    onTestFinished(() => reader.close());
    return reader;
  }
  return {
    opened,
    /** Adds an image, and opens a reader of it. */
    async openedImage(fields: Partial<ImageRecord> = {}) {
      const { id } = await bench.current.addImage(data, fields);
      const { pin } = await bench.store.inspect(bench.own(id));
      return { id, pin, reader: await opened(id, pin) };
    },
  };
}
