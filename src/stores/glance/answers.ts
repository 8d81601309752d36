import type { Dispatcher } from 'undici';
import { withoutToken } from '../../openstack/index.ts';
import { readBounded } from '../bounded.ts';
import { MAX_RECORD_SIZE } from '../record-json.ts';
import { overloadOf, StoreError, type StoreErrorCode } from '../store-error.ts';
import type { GlanceImage } from './image-json.ts';

/**
 * Maximum size of a page of a list, in bytes. A page has up to a hundred images. They take far less, unless
 * tenants fill the records on purpose.
 */
export const MAX_PAGE_SIZE = 64 * MAX_RECORD_SIZE;
/** Stands for an answer that is too large to be read. */
export const TOO_LARGE = Symbol('an answer that is too large');

/**
 * Reads an answer's JSON. Returns `TOO_LARGE` if the answer has more than `max` bytes, and `undefined` if it
 * has none. Throws `unavailable` if the answer is not JSON, or breaks off.
 */
export async function jsonOf({ body }: Dispatcher.ResponseData, max: number): Promise<unknown> {
  const bytes = await readBounded(body, max).catch((cause) => {
    throw new StoreError('unavailable', 'the image service broke off its answer', { cause });
  });
  if (bytes === undefined) return TOO_LARGE;
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch (cause) {
    throw notGlance(cause);
  }
}

/**
 * Returns the error for an answer that no Glance gives. The answer may come from a proxy in front of Glance.
 */
export function notGlance(cause?: unknown): StoreError {
  return new StoreError(
    'unavailable',
    "the image service answered in a way that no Glance does; check its address in the cloud's catalog",
    { cause },
  );
}

interface ImagePage {
  readonly images: readonly GlanceImage[];
  readonly next?: string;
}

/** Tells whether an answer is an image. `checkedRecord` checks the fields other than `id`. */
export function isImage(value: unknown): value is GlanceImage {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
}

/** Tells whether an answer is a page of a list of images. */
export function isPage(value: unknown): value is ImagePage {
  if (typeof value !== 'object' || value === null || !('images' in value)) return false;
  const isEnd = !('next' in value) || typeof value.next === 'string';
  return isEnd && Array.isArray(value.images) && value.images.every(isImage);
}

const CODES: Readonly<Record<number, StoreErrorCode>> = {
  400: 'invalid_image',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  410: 'not_found',
  413: 'quota_exceeded',
  415: 'invalid_image',
};

/** Turns an answer that is not a success into an error with Glance's own words, but never with our token. */
export async function refusal({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<StoreError> {
  const text = await readBounded(body, MAX_REFUSAL_SIZE).catch(() => undefined);
  const words = wordsOf(withoutToken({ body }, text?.toString() ?? ''));
  const message = `the image service answered ${statusCode}${words === '' ? '' : `: ${words}`}`;
  const overload = overloadOf(statusCode, headers['retry-after']);
  return new StoreError(CODES[statusCode] ?? 'unavailable', message, { overload });
}

/** Maximum size of a refusal in which words are looked for; bytes. */
const MAX_REFUSAL_SIZE = 64 * 1024;
const MAX_WORDS_LENGTH = 200;

/**
 * Returns the words of a refusal. Glance answers in HTML: a title, a heading that repeats the title, and the
 * words. If a quota is full, Glance (`LimitExceeded`) puts general sentences before the words. The last one
 * is `The response body:`.
 */
function wordsOf(html: string): string {
  return html
    .replace(/<(title|h1)>.*?<\/\1>/gs, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^.*The response body:/, '')
    .trim()
    .slice(0, MAX_WORDS_LENGTH)
    .toWellFormed();
}
