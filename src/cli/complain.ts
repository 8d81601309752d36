import { harmlessJson, harmlessLines } from '../text/index.ts';
import type { Told } from './errors.ts';

/** Writes an error to stderr: in words, or as one line of JSON. */
export function complain(json: boolean | undefined, { code, message }: Told): void {
  const text = json
    ? harmlessJson(JSON.stringify({ error: { code, message } }))
    : `image-replicator: ${harmlessLines(message)}`;
  process.stderr.write(`${text}\n`);
}
