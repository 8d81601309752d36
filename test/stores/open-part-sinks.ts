import { onTestFinished } from 'vitest';
import type { DestinationRef, PartSink } from '../../src/stores/index.ts';
import { openPartSink } from './make-image.ts';
import type { StoreBench } from './store-bench.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** Opens sinks of an image; they are closed when their test ends, and a second time is harmless. */
export function partSinks(bench: StoreBench<StoreUnderTest>, ref: () => DestinationRef, size: number) {
  return {
    async opened(attempt: number): Promise<PartSink> {
      const sink = await openPartSink(bench.store, ref(), attempt, size);
      onTestFinished(() => sink.close());
      return sink;
    },
    /** All bytes of the image, as a sink has them. */
    async written(sink: PartSink): Promise<Buffer> {
      const back = Buffer.alloc(size);
      await sink.readBack(0, back);
      return back;
    },
  };
}
