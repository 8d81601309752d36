import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import { OpenStackError } from './errors.ts';

/**
 * Parses an answer of Keystone as JSON of a schema.
 * @throws OpenStackError `unreachable` if it is anything else; the message quotes nothing of the text
 */
export function parseBody<T extends TSchema>(schema: T, text: string): Static<T> {
  const body = jsonOf(text);
  if (Value.Check(schema, body)) return body as Static<T>;
  throw unreadableError();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error would quote the text.
    throw unreadableError();
  }
}

/** Returns the error for an answer that is not what Keystone's API describes. */
export function unreadableError(): OpenStackError {
  return new OpenStackError('unreachable', "Keystone's answer cannot be understood");
}
