import ms, { type StringValue } from 'ms';

/** Returns the milliseconds of a text such as `30s`, which MUST match the schema `duration`. */
export function parseDuration(text: string): number {
  // `StringValue` lists every form that `ms` reads. The schema allows fewer.
  return ms(text as StringValue);
}
