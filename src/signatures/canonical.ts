import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SignedRequest } from './scheme.ts';

/** Text in which each character is a byte, so that what is not UTF-8 is signed as it is. */
type Bytes = string;

/** Percent-encodes all but the unreserved characters (RFC 3986, section 2.3), and those of `keep`. */
export function encode(bytes: Bytes, keep = ''): string {
  return bytes.replace(/[^A-Za-z0-9\-._~]/g, (byte) =>
    keep.includes(byte) ? byte : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** The bytes that percent-encoded text stands for; what is not well encoded stands for itself. */
export function decode(text: string): Bytes {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

export function pathOf({ url }: SignedRequest): string {
  return url.split('?', 1)[0] ?? '';
}

/** The query's names and values, decoded as a form's are; a name alone has an empty value. */
export function parametersOf({ url }: SignedRequest): { readonly name: Bytes; readonly value: Bytes }[] {
  const at = url.indexOf('?');
  const pairs = at === -1 ? [] : url.slice(at + 1).split('&');
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

/** A header's trimmed value; `undefined` where it is not there. */
export function headerOf({ headers }: SignedRequest, name: string): Bytes | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'object' ? value.join(', ').trim() : value?.trim();
}

/** For `Array.prototype.sort`: by bytes, as signers do it. */
export function byBytes(one: Bytes, other: Bytes): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Whether a signature (hex) is the HMAC-SHA256 of a text. How long it takes does not tell. */
export function isHmac(signature: string, key: string, text: string): boolean {
  const expected = createHmac('sha256', key).update(text).digest();
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
