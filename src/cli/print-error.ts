import { harmlessJson, harmlessLines } from '../text/index.ts';
import type { GlobalOptions } from './context.ts';
import type { ErrorReport } from './errors.ts';

/** Writes an error to stderr, as text or as one line of JSON. */
export function printError({ code, message }: ErrorReport, { json }: Pick<GlobalOptions, 'json'>): void {
  const text = json
    ? harmlessJson(JSON.stringify({ error: { code, message } }))
    : `image-replicator: ${harmlessLines(message)}`;
  process.stderr.write(`${text}\n`);
}
