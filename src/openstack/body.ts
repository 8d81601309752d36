import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import { OpenStackError } from './errors.ts';

/**
 * Parses an answer of Keystone's as JSON.
 * @throws OpenStackError `unreachable` if it is not JSON; the message holds nothing of the text
 */
export function parseBody<T extends TSchema>(schema: T, text: string): Static<T> {
  const body = jsonOf(text);
  if (Value.Check(schema, body)) return body as Static<T>;
  throw unreadable();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error would quote the text.
    throw unreadable();
  }
}

export function unreadable(): OpenStackError {
  return new OpenStackError('unreachable', "Keystone's answer cannot be understood");
}
