import type { Dispatcher } from 'undici';
import type { ByteRange } from '../../image/index.ts';
import type { PartReader } from '../data-port.ts';
import { StoreError } from '../store-error.ts';
import { refusal } from './answers.ts';
import type { As, GlanceApi } from './api.ts';
import { aborting, chunksOf, type Download, dismiss, downloadOf, otherSizeError } from './download.ts';
import type { GlanceImage } from './image-json.ts';
import { inOrderReader } from './in-order-reader.ts';

/** Returns the pin of an image. Glance ignores If-Match, so the pin has the digest of all bytes. */
export function pinOf({ size, os_hash_value, checksum, created_at }: GlanceImage): string {
  return `${size}-${os_hash_value ?? checksum ?? created_at}`;
}

/**
 * Returns a reader of an image's data. It reads ranges if Glance's backend supports them (file and cinder
 * do), and otherwise one stream.
 */
export async function openReader(api: GlanceApi, as: As, image: GlanceImage): Promise<PartReader> {
  const download = downloadOf(api, as, image);
  const size = image.size ?? 0;
  return (await hasRanges(download)) ? rangedReader(download, size) : inOrderReader(download, size);
}

async function hasRanges(download: Download): Promise<boolean> {
  const response = await download('bytes=0-0');
  if (response.statusCode === 404) throw await refusal(response);
  dismiss(response);
  return response.statusCode === 206;
}

function rangedReader(download: Download, size: number): PartReader {
  return {
    async *read(range, signal) {
      if (range[0] === range[1]) return;
      yield* aborting(signal, async function* () {
        yield* chunksOf(await openRange(download, range, size, signal));
      });
    },
    async close() {},
  };
}

/** Asks for a range. Throws `truncated` or `changed` if the image's data no longer has this size. */
async function openRange(
  download: Download,
  [start, end]: ByteRange,
  size: number,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const response = await download(`bytes=${start}-${end - 1}`, signal);
  if (response.statusCode === 416) {
    dismiss(response);
    throw new StoreError('truncated', `the image's data ends before byte ${start}`);
  }
  if (response.statusCode !== 206) throw await refusal(response);
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(String(response.headers['content-range'])) ?? [];
  if (Number(total) !== size) {
    dismiss(response);
    throw otherSizeError(Number(total), size);
  }
  if (Number(first) !== start) {
    dismiss(response);
    throw new StoreError('unavailable', 'the image service sent another range than was asked for');
  }
  return response;
}
