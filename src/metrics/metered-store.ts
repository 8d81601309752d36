import type { Side } from '../image/index.ts';
import type {
  BlockSink,
  ImageSink,
  ImageStore,
  PartReader,
  PartSink,
  ServerCopy,
  StreamSink,
} from '../stores/index.ts';
import { StoreError } from '../stores/index.ts';
import type { Metrics } from './metrics.ts';

/**
 * Returns a store that counts the bytes that are read from it and written to it, and its faults. Sets the
 * counters of bytes to 0 at once: Prometheus sees no increase in a counter's first value.
 */
export function meteredStore(store: ImageStore, region: string, metrics: Metrics): ImageStore {
  metrics.read(region, 0);
  metrics.written(region, 0);
  metrics.repeated(region, 0);
  const { objects } = store;
  return {
    ...metered(store, region, metrics),
    ...(objects && {
      objects: { ...metered(objects, region, metrics), ...meteredSmallObjects(objects, region, metrics) },
    }),
  };
}

type Ends = Pick<
  ImageStore,
  'inspect' | 'openReader' | 'prepare' | 'adopt' | 'openSink' | 'commit' | 'discard'
>;

/** Returns a store that counts the faults of its calls, and the bytes of its readers and sinks. */
function metered<S extends Ends>(store: S, region: string, metrics: Metrics): S {
  const counting = <T>(side: Side, work: Promise<T>) => counted(work, side, region, metrics);
  return {
    ...store,
    inspect: (...args) => counting('source', store.inspect(...args)),
    openReader: async (...args) =>
      meteredReader(await counting('source', store.openReader(...args)), region, metrics),
    prepare: (...args) => counting('destination', store.prepare(...args)),
    adopt: (...args) => counting('destination', store.adopt(...args)),
    openSink: async (...args) =>
      meteredSink(await counting('destination', store.openSink(...args)), region, metrics),
    commit: (...args) => counting('destination', store.commit(...args)),
    discard: (...args) => counting('destination', store.discard(...args)),
  };
}

/**
 * Returns the methods that move small objects without a reader and a sink, with their bytes and faults
 * counted.
 */
function meteredSmallObjects(store: NonNullable<ImageStore['objects']>, region: string, metrics: Metrics) {
  return {
    async read(...args: Parameters<typeof store.read>) {
      const object = await counted(store.read(...args), 'source', region, metrics);
      metrics.read(region, object.size);
      return object;
    },
    async write(...args: Parameters<typeof store.write>) {
      await counted(store.write(...args), 'destination', region, metrics);
      metrics.written(region, args[1].length);
    },
  };
}

/**
 * Waits for the work, and counts the fault if it fails with a `StoreError`. An aborted call fails with
 * another error, and is not counted.
 */
async function counted<T>(work: Promise<T>, side: Side, region: string, metrics: Metrics): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StoreError) metrics.fault(side, region, error.code);
    throw error;
  }
}

function meteredReader(reader: PartReader, region: string, metrics: Metrics): PartReader {
  return overriding(reader, {
    async *read(range, signal) {
      const began = performance.now();
      try {
        for await (const chunk of reader.read(range, signal)) {
          metrics.read(region, chunk.length);
          yield chunk;
        }
        metrics.part('source', region, secondsSince(began));
      } catch (error) {
        if (error instanceof StoreError && !signal.aborted) metrics.fault('source', region, error.code);
        throw error;
      }
    },
  });
}

function meteredSink(sink: ImageSink, region: string, metrics: Metrics): ImageSink {
  metrics.transfers(region, 1);
  let isOpen = true;
  const close = async () => {
    if (isOpen) metrics.transfers(region, -1);
    isOpen = false;
    await sink.close();
  };
  const counting = <T>(work: Promise<T>) => counted(work, 'destination', region, metrics);
  if (sink.kind === 'parts') {
    const write: PartSink['write'] = async (offset, chunk) => {
      await counting(sink.write(offset, chunk));
      metrics.written(region, chunk.length);
    };
    return overriding<PartSink>(sink, { write, close });
  }
  if (sink.kind === 'blocks') {
    const put: BlockSink['put'] = async (range, block, signal, onMoved) => {
      const began = performance.now();
      await counting(sink.put(range, block, signal, onMoved));
      metrics.written(region, block.length);
      metrics.part('destination', region, secondsSince(began));
    };
    const { byServer } = sink;
    return overriding<BlockSink>(sink, {
      put,
      close,
      ...(byServer && { byServer: meteredCopy(byServer, region, metrics) }),
    });
  }
  const upload: StreamSink['upload'] = async (chunks, signal) => {
    const began = performance.now();
    await counting(sink.upload(countingWritten(chunks, region, metrics), signal));
    metrics.part('destination', region, secondsSince(began));
  };
  return overriding<StreamSink>(sink, { upload, close });
}

function meteredCopy(byServer: ServerCopy, region: string, metrics: Metrics): ServerCopy {
  return overriding(byServer, {
    async copy(range, from, signal) {
      const work = byServer.copy(range, from, signal);
      const refusal = await counted(work, 'destination', region, metrics);
      if (refusal === null) metrics.copiedByServer(region, range[1] - range[0]);
      return refusal;
    },
  });
}

async function* countingWritten(chunks: AsyncIterable<Uint8Array>, region: string, metrics: Metrics) {
  for await (const chunk of chunks) {
    yield chunk;
    metrics.written(region, chunk.length);
  }
}

/**
 * Returns an object that has the members of `others` and, for everything else, those of `target`. A spread
 * would lose the methods of a `target` that is an instance of a class.
 */
function overriding<T extends object>(target: T, others: Partial<T>): T {
  return new Proxy(target, {
    get(_target, key) {
      if (Object.hasOwn(others, key)) return Reflect.get(others, key);
      const value = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}
