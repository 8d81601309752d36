import type { Client } from '@temporalio/client';

/**
 * Returns everything that Temporal knows about a job, as text: its history, memo, search attributes and
 * pending activities.
 */
export async function tracesOf(client: Client, jobId: string): Promise<string> {
  const handle = client.workflow.getHandle(jobId);
  const [history, { raw }] = [await handle.fetchHistory(), await handle.describe()];
  return [...textsIn(history), ...textsIn(raw)].join('\n');
}

/** Yields every text in a message, and the bytes of every payload as text. */
function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (value instanceof Uint8Array) yield Buffer.from(value).toString();
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      yield key;
      yield* textsIn(inner);
    }
  }
}
