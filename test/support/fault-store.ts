import type { ByteRange } from '../../src/image/index.ts';
import type { PartReader, PartSink } from '../../src/stores/index.ts';

/** Faults that a test adds to a real reader, because a real disk does not show them on demand. */
export interface ReaderFaults {
  /** Called with a chunk's offset before the chunk is read. May wait, or fail. */
  readonly beforeChunk?: (at: number, signal: AbortSignal) => Promise<void> | void;
  /** Called with each chunk that was read, and with its offset. May change the chunk. */
  readonly onChunk?: (chunk: Uint8Array, at: number) => void;
  /** The largest size of a chunk; bytes. */
  readonly chunk?: number;
  /** The position at which the data ends early, without an error. */
  readonly end?: number;
}

/** A reader that records its calls. */
export interface WatchedReader extends PartReader {
  /** The ranges that were asked for. */
  readonly asked: readonly ByteRange[];
  /** The bytes that were really read. */
  readonly bytesRead: number;
  readonly closed: number;
}

export function faultyReader(reader: PartReader, faults: ReaderFaults = {}): WatchedReader {
  const asked: ByteRange[] = [];
  let bytesRead = 0;
  let closed = 0;
  const { beforeChunk, onChunk, chunk: most = 1024 * 1024, end: last = Number.POSITIVE_INFINITY } = faults;
  return {
    ...(reader.inOrder && { inOrder: reader.inOrder }),
    ...(reader.endpoint !== undefined && { endpoint: reader.endpoint }),
    asked,
    get bytesRead() {
      return bytesRead;
    },
    get closed() {
      return closed;
    },
    async *read([start, end], signal) {
      asked.push([start, end]);
      for (let at = start; at < Math.min(end, last); at += most) {
        await beforeChunk?.(at, signal);
        for await (const chunk of reader.read([at, Math.min(end, at + most)], signal)) {
          bytesRead += chunk.length;
          onChunk?.(chunk, at);
          yield chunk;
        }
      }
    },
    async close() {
      closed += 1;
      await reader.close();
    },
  };
}

type Call = () => Promise<void>;

/** Hooks around the calls of a real sink. Each hook may wait, fail, or pass the call on. */
export interface SinkFaults {
  readonly write?: (call: Call, range: ByteRange) => Promise<void>;
  readonly complete?: (call: Call, range: ByteRange) => Promise<void>;
  readonly readBack?: (call: Call, offset: number) => Promise<void>;
  readonly flush?: (call: Call) => Promise<void>;
}

/** A sink that records its calls. */
export interface WatchedSink extends PartSink {
  /** The ranges that were written, in the order in which the writes returned. */
  readonly written: readonly ByteRange[];
  /** The number of calls that came after the sink was closed. */
  readonly tooLate: number;
  readonly closed: number;
}

const pass = (call: Call) => call();

export function faultySink(sink: PartSink, faults: SinkFaults = {}): WatchedSink {
  const { write = pass, complete = pass, readBack = pass, flush = pass } = faults;
  const written: ByteRange[] = [];
  let closed = 0;
  let tooLate = 0;
  const open = <T>(call: () => Promise<T>): Promise<T> => {
    if (closed > 0) tooLate += 1;
    return call();
  };
  return {
    kind: 'parts',
    received: sink.received,
    durable: sink.durable,
    written,
    get closed() {
      return closed;
    },
    get tooLate() {
      return tooLate;
    },
    async write(offset, chunk) {
      const range: ByteRange = [offset, offset + chunk.length];
      await open(() => write(() => sink.write(offset, chunk), range));
      written.push(range);
    },
    complete: (range) => open(() => complete(() => sink.complete(range), range)),
    readBack: (offset, into) => open(() => readBack(() => sink.readBack(offset, into), offset)),
    reset: () => open(() => sink.reset()),
    flush: () => open(() => flush(() => sink.flush())),
    async close() {
      closed += 1;
      await sink.close();
    },
  };
}
