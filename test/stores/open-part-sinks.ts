import { onTestFinished } from 'vitest';
import type { DestinationRef, PartSink } from '../../src/stores/index.ts';
import { openPartSink } from './make-image.ts';
import type { StoreBench } from './store-bench.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/**
 * Returns functions that open sinks of an image. The sinks are closed when the test ends; closing one twice
 * does no harm.
 */
export function partSinks(bench: StoreBench<StoreUnderTest>, ref: () => DestinationRef, size: number) {
  return {
    async opened(attempt: number): Promise<PartSink> {
      const sink = await openPartSink(bench.store, ref(), attempt, size);
      onTestFinished(() => sink.close());
      return sink;
    },
    /** Reads back all bytes of the image. */
    async written(sink: PartSink): Promise<Buffer> {
      const back = Buffer.alloc(size);
      await sink.readBack(0, back);
      return back;
    },
  };
}
