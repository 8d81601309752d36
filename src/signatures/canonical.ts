import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SignedRequest } from './scheme.ts';

/** A string in which each character stands for one byte, because signed bytes need not be UTF-8. */
type Bytes = string;

/**
 * Percent-encodes every byte except the unreserved characters (RFC 3986, section 2.3) and those in `keep`.
 */
export function encode(bytes: Bytes, keep = ''): string {
  return bytes.replace(/[^A-Za-z0-9\-._~]/g, (byte) =>
    keep.includes(byte) ? byte : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Returns the bytes that percent-encoded text stands for. A `%` without two hex digits stands for itself. */
export function decode(text: string): Bytes {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Returns the path of a request's address, as it was sent. */
export function pathOf({ url }: SignedRequest): string {
  return url.split('?', 1)[0] ?? '';
}

/**
 * Returns the names and values of a request's query, decoded as those of an HTML form. A name without a value
 * has an empty one.
 */
export function parametersOf({ url }: SignedRequest): { readonly name: Bytes; readonly value: Bytes }[] {
  const start = url.indexOf('?');
  const pairs = start === -1 ? [] : url.slice(start + 1).split('&');
  return pairs
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = ''] = pair.split('=', 1);
      return { name: formDecode(name), value: formDecode(pair.slice(name.length + 1)) };
    });
}

function formDecode(text: string): Bytes {
  return decode(text.replaceAll('+', ' '));
}

/** Returns the trimmed value of a header; `undefined` if the request does not have the header. */
export function headerOf({ headers }: SignedRequest, name: string): Bytes | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'object' ? value.join(', ').trim() : value?.trim();
}

/** Compares two texts by their bytes, for `Array.prototype.sort`. Signers sort in this order. */
export function byBytes(one: Bytes, other: Bytes): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/**
 * Tells whether a signature (in hexadecimal) is the HMAC-SHA256 of a text. Takes the same time for every
 * signature: the time reveals nothing about the right one.
 */
export function isHmac(signature: string, key: string, text: string): boolean {
  const expected = createHmac('sha256', key).update(text).digest();
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
