import type { ByteRange, Digests } from '../image/index.ts';

/** Reads an image's data. */
export interface PartReader {
  /**
   * Names the server that has the data, for example by scheme, host and port; absent if the data is on this
   * machine.
   */
  readonly endpoint?: string;
  /** The shortest time in which the server has lately answered a small request, if known; milliseconds. */
  readonly roundTrip?: number | undefined;
  /**
   * Present if the data should be read from front to back: one range at a time, each beginning where the last
   * one ended.
   */
  readonly inOrder?: true;
  /**
   * Present if the data is an object at a service that may be able to copy its objects by itself. Before the
   * caller lets the service copy the object, it MUST call `check`, if there is one.
   */
  readonly original?: ServerObject;
  /**
   * Makes sure that the data has not changed; absent if `openReader` has done so already. Throws `changed`,
   * `not_found`, `unavailable`.
   */
  readonly check?: () => Promise<void>;
  /** The best number of bytes to ask for at a time; absent if the reader prefers none. */
  readonly partSize?: number;
  /**
   * Yields the bytes of a range in order, in chunks of any size. The caller MUST NOT use a chunk after it has
   * asked for the next one. An empty chunk is a keep-alive. Ends early only with an error: `truncated`,
   * `changed`, `not_found`, `unavailable`.
   */
  read(range: ByteRange, signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** An object at an object storage service. */
export interface ServerObject {
  /** Names the service. */
  readonly service: string;
  readonly bucket: string;
  readonly key: string;
  /** The ETag of the bytes that are to be copied. */
  readonly etag: string;
}

/** Takes the data of an image that is not visible yet: in parts, in blocks, or as one stream. */
export type ImageSink = PartSink | BlockSink | StreamSink;

/** Writes an image's data at any place, in any order. */
export interface PartSink {
  readonly kind: 'parts';
  /**
   * Sorted, disjoint ranges that the destination already had when the sink was opened. The destination itself
   * reports them, even after a worker has crashed.
   */
  readonly received: readonly ByteRange[];
  /** Those ranges of `received` that would survive a loss of power. */
  readonly durable: readonly ByteRange[];
  /**
   * Writes at an offset. A repeat with the same bytes is harmless. Throws `not_found` once the image was
   * discarded, and `conflict` once a later attempt has opened it. After a commit, throws one of the two.
   */
  write(offset: number, chunk: Uint8Array): Promise<void>;
  /** Tells the sink that every byte of the range has been written: no later attempt has to write it again. */
  complete(range: ByteRange): Promise<void>;
  /** Reads written bytes back, for the digest. Fills `into` with the bytes that begin at an offset. */
  readBack(offset: number, into: Uint8Array): Promise<void>;
  /** Forgets every byte, for a new start. */
  reset(): Promise<void>;
  /**
   * Waits until everything written would survive a loss of power. Throws `lost` if the disk has lost some
   * bytes. Nobody can say which, so the caller has to start over.
   */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Takes an image's data in whole blocks of one size, in any order, as a multipart upload does. */
export interface BlockSink {
  readonly kind: 'blocks';
  /**
   * Names the server that takes the data, for example by scheme, host and port; absent if the data stays on
   * this machine.
   */
  readonly endpoint?: string;
  /** The shortest time in which the server has lately answered a small request, if known; milliseconds. */
  readonly roundTrip?: number | undefined;
  /** Bytes of each block but the last. */
  readonly blockSize: number;
  /**
   * Sorted, disjoint ranges that the destination already had when the sink was opened. The destination itself
   * reports them, even after a worker has crashed.
   */
  readonly received: readonly ByteRange[];
  /** Present if the destination is a service that may be able to copy its own objects without us. */
  readonly byServer?: ServerCopy;
  /**
   * Puts a block. A repeat is harmless. Throws `not_found` once the image was discarded, `conflict` once a
   * later attempt has joined the blocks or started over, and `lost` if blocks that were put are gone.
   * @param onMoved the sink MUST call it whenever the destination has taken some of the bytes
   */
  put(range: ByteRange, block: Uint8Array, signal: AbortSignal, onMoved?: () => void): Promise<void>;
  /** Joins the blocks, durably. Before that, nothing can be read back. Throws the errors of `put`. */
  flush(signal: AbortSignal): Promise<void>;
  /** Reads bytes back, for the digest. Fills `into` with the bytes that begin at an offset. */
  readBack(offset: number, into: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Forgets every byte, for a new start. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Fills a sink with blocks that the service copies from another object, so that no byte passes through the
 * worker.
 */
export interface ServerCopy {
  /** Names the service. It can copy only objects of its own. */
  readonly service: string;
  /**
   * `true` if the bytes in the sink were copied by the service. Then `put` MUST NOT be called before `reset`.
   */
  readonly hasBegun: boolean;
  /** Forgets every byte, and makes the sink ready for `copy`. Does nothing if `hasBegun`. */
  begin(): Promise<void>;
  /**
   * Copies a block. A repeat is harmless. Returns `null` if the service has copied the block. Otherwise
   * returns a few words that say why it refuses. Throws the errors of `put`.
   */
  copy(range: ByteRange, from: ServerObject, signal: AbortSignal): Promise<string | null>;
  /**
   * Tells whether the service has a checksum of each whole object, and both checksums are equal. MUST be
   * called after `flush`.
   */
  isSame(from: ServerObject): Promise<boolean>;
}

/** Takes an image's data once, from the first byte to the last, as an HTTP upload does. */
export interface StreamSink {
  readonly kind: 'stream';
  /**
   * Digests of the data, if the destination already has all of it; else `null`. An earlier attempt may have
   * sent the data, and lost the answer.
   */
  readonly whole: Digests | null;
  /**
   * Sends all bytes of the image. Returns when the destination has confirmed that it has them. The sink MUST
   * have used a chunk of 64 KiB or more before it asks for the next one; it MAY keep smaller ones. An error
   * in the middle of `chunks` aborts the upload, so that the destination keeps nothing. Throws
   * `not_found` once the image was discarded, `conflict`, `quota_exceeded`, `invalid_image`, `spoilt`,
   * `unavailable`.
   */
  upload(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
