import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import { OpenStackError } from './errors.ts';

/**
 * Reads a JSON text of Keystone's.
 * @throws OpenStackError `unreachable` where it is something else, and with nothing of the text in it
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
    // The parser's error would quote the text.
    throw unreadable();
  }
}

export function unreadable(): OpenStackError {
  return new OpenStackError('unreachable', "Keystone's answer cannot be understood");
}
