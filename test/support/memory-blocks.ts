import { addRange, type ByteRange } from '../../src/image/index.ts';
import type { BlockSink } from '../../src/stores/index.ts';

type Call = () => Promise<void>;

/** Hooks around the calls of a block sink. Each hook may wait, fail, or pass the call on. */
export interface BlockFaults {
  readonly put?: (call: Call, range: ByteRange, signal: AbortSignal) => Promise<void>;
  readonly flush?: (call: Call) => Promise<void>;
  readonly readBack?: (call: Call, offset: number) => Promise<void>;
}

/** A server in memory that takes blocks. The blocks stay from one attempt to the next. */
export interface BlockServer {
  readonly data: Buffer;
  /** The ranges of the blocks that were put, in the order in which the calls ended. */
  readonly put: readonly ByteRange[];
  readonly resets: number;
  /** True if the blocks were joined into the object. */
  readonly isWhole: boolean;
  readonly bytesReadBack: number;
  sink(faults?: BlockFaults): BlockSink;
}

const pass = (call: Call) => call();

export function blockServer(size: number, blockSize: number): BlockServer {
  const data = Buffer.alloc(size);
  let received: readonly ByteRange[] = [];
  const put: ByteRange[] = [];
  const seen = { resets: 0, isWhole: false, bytesReadBack: 0 };
  return {
    data,
    put,
    get resets() {
      return seen.resets;
    },
    get isWhole() {
      return seen.isWhole;
    },
    get bytesReadBack() {
      return seen.bytesReadBack;
    },
    sink: (faults = {}) => ({
      kind: 'blocks',
      blockSize,
      received,
      put: (range, block, signal) =>
        (faults.put ?? pass)(
          async () => {
            const [start, end] = range;
            if (start % blockSize !== 0 || end !== Math.min(size, start + blockSize)) {
              throw new Error(`${range} is no block`);
            }
            data.set(block, start);
            received = addRange(received, range);
            put.push(range);
          },
          range,
          signal,
        ),
      flush: () =>
        (faults.flush ?? pass)(async () => {
          seen.isWhole = true;
        }),
      readBack: (offset, into) =>
        (faults.readBack ?? pass)(async () => {
          if (!seen.isWhole) throw new Error('it is read back before it is put together');
          data.copy(into, 0, offset);
          seen.bytesReadBack += into.length;
        }, offset),
      async reset() {
        received = [];
        seen.isWhole = false;
        seen.resets += 1;
      },
      async close() {},
    }),
  };
}
