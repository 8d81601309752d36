import type { ImageRecord } from '../../src/image/index.ts';
import type {
  BlockSink,
  DestinationRef,
  ImageSink,
  ImageStore,
  PartSink,
  StreamSink,
} from '../../src/stores/index.ts';
import { planParts } from '../support/plan-parts.ts';
import { digestsOfBytes, FIRST, LAST, recordOf } from './store-under-test.ts';

/** Makes an image as a job does, from beginning to end. */
export async function makeImage(
  store: ImageStore,
  ref: DestinationRef,
  data: Buffer,
  fields: Partial<ImageRecord> = {},
): Promise<ImageRecord> {
  const record = copyFor(ref, data, fields);
  await store.prepare(ref, FIRST, record);
  await fillImage(store, ref, data);
  await store.commit(committing(ref, data), LAST, record);
  return record;
}

/** Returns the record that a job has for an image with this data. */
export function copyFor(
  ref: DestinationRef,
  data: Uint8Array,
  fields: Partial<ImageRecord> = {},
): ImageRecord {
  return recordOf(data, { id: ref.image_id, owner: ref.tenant_id, ...fields });
}

/** Returns the reference as it is when all data has been written and the image is about to be committed. */
export function committing(ref: DestinationRef, data: Uint8Array): DestinationRef {
  return { ...ref, digests: digestsOfBytes(data), committing: true };
}

/** Writes all data of an image to the place that `prepare` has made. */
export async function fillImage(
  store: ImageStore,
  ref: DestinationRef,
  data: Buffer,
  attempt = 1,
): Promise<void> {
  const sink = await store.openSink(ref, attempt, data.length);
  try {
    await fillSink(sink, data);
  } finally {
    await sink.close();
  }
}

export async function fillSink(sink: ImageSink, data: Buffer): Promise<void> {
  if (sink.kind === 'stream') {
    await sink.upload(inChunks(data, 64 * 1024), new AbortController().signal);
    return;
  }
  if (sink.kind === 'blocks') {
    for (const range of planParts(data.length, sink.received, sink.blockSize)) {
      await sink.put(range, data.subarray(...range), new AbortController().signal);
    }
    await sink.flush(new AbortController().signal);
    return;
  }
  await sink.write(0, data);
  await sink.complete([0, data.length]);
  await sink.flush();
}

export async function* inChunks(data: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

export async function openPartSink(
  store: ImageStore,
  ref: DestinationRef,
  attempt: number,
  size: number,
): Promise<PartSink> {
  const sink = await store.openSink(ref, attempt, size);
  if (sink.kind !== 'parts') throw new Error('the sink takes no parts');
  return sink;
}

export async function openBlockSink(
  store: ImageStore,
  ref: DestinationRef,
  attempt: number,
  size: number,
): Promise<BlockSink> {
  const sink = await store.openSink(ref, attempt, size);
  if (sink.kind !== 'blocks') throw new Error('the sink takes no blocks');
  return sink;
}

export async function openStreamSink(
  store: ImageStore,
  ref: DestinationRef,
  attempt: number,
  size: number,
): Promise<StreamSink> {
  const sink = await store.openSink(ref, attempt, size);
  if (sink.kind !== 'stream') throw new Error('the sink takes no stream');
  return sink;
}
