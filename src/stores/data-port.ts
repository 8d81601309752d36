import type { ByteRange, Digests } from '../image/index.ts';

/** Reads an image's data. */
export interface PartReader {
  /** Names the server that has the data, as by scheme, host and port; absent if it is on this machine. */
  readonly endpoint?: string;
  /** It reads well only from front to back: one range at a time, each where the last one ended. */
  readonly inOrder?: true;
  /** Bytes that are worth asking for at a time, where that is less than elsewhere. */
  readonly partSize?: number;
  /**
   * Yields the bytes of a range in order, in chunks of any size. A chunk is the caller's until it asks for
   * the next one; one of no bytes says that it is on its way. Ends early only with an error: `truncated`,
   * `changed`, `not_found`, `unavailable`.
   */
  read(range: ByteRange, signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Takes an image's data where it is not yet visible as an image: in parts, in blocks, or as one stream. */
export type ImageSink = PartSink | BlockSink | StreamSink;

/** Writes an image's data at any place, in any order. */
export interface PartSink {
  readonly kind: 'parts';
  /** What the destination had when it was opened, as sorted, disjoint ranges: its own word after a crash. */
  readonly received: readonly ByteRange[];
  /** What of it a loss of power could not have taken. */
  readonly durable: readonly ByteRange[];
  /**
   * Writes at an offset; writing the same bytes again is harmless. Fails with `not_found` once the image was
   * discarded, with `conflict` once a later attempt has opened it; with either once it was committed.
   */
  write(offset: number, chunk: Uint8Array): Promise<void>;
  /** Every byte of the range has been written: no later attempt has to write it again. */
  complete(range: ByteRange): Promise<void>;
  /** Fills `into` from an offset with what was written, for the digest. */
  readBack(offset: number, into: Uint8Array): Promise<void>;
  /** Forgets every byte: a new start. */
  reset(): Promise<void>;
  /**
   * Returns when everything written would survive a loss of power. Throws `lost` where the disk has refused
   * some of it, and nobody can say which.
   */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Takes an image's data in blocks of one size, each one whole, in any order, as a multipart upload does. */
export interface BlockSink {
  readonly kind: 'blocks';
  /**
   * Names the server that takes the data, as by scheme, host and port; absent if it stays on this machine.
   */
  readonly endpoint?: string;
  /** Bytes of each block but the last. */
  readonly blockSize: number;
  /** What the destination had when it was opened, as sorted, disjoint ranges: its own word after a crash. */
  readonly received: readonly ByteRange[];
  /**
   * Puts a block; again is harmless. Throws `not_found` once the image was discarded, `conflict` once a later
   * attempt has put all together, `lost` where what was put is gone.
   */
  put(range: ByteRange, block: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Puts the blocks together, to stay. Until then nothing can be read back. Throws as `put` does. */
  flush(signal: AbortSignal): Promise<void>;
  /** Fills `into` from an offset with what was put. */
  readBack(offset: number, into: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Forgets every byte: a new start. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Takes an image's data once, from the first byte to the last, as an HTTP upload does. */
export interface StreamSink {
  readonly kind: 'stream';
  /** What the destination has whole already, from an attempt that never heard so; `null` where it has not. */
  readonly whole: Digests | null;
  /**
   * Sends all bytes of the image, and resolves when the destination has said that it has them. A chunk of 64
   * KiB or more is good until the next one is asked for, a smaller one for good. An error in the middle of
   * `chunks` breaks the upload off, so that the destination keeps nothing. Throws `not_found` once the image
   * was discarded, `conflict`, `quota_exceeded`, `invalid_image`, `spoilt`, `unavailable`.
   */
  upload(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
