import type { Client } from '@temporalio/client';

/** All that Temporal knows of a job, as text: its history, memo, search attributes, and what is pending. */
export async function tracesOf(client: Client, jobId: string): Promise<string> {
  const handle = client.workflow.getHandle(jobId);
  const [history, { raw }] = [await handle.fetchHistory(), await handle.describe()];
  return [...textsIn(history), ...textsIn(raw)].join('\n');
}

/** Every text in a message, and every payload's bytes as the text that they are. */
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
