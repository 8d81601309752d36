/** Reads everything in which a deployment could leave a secret. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { Deployment } from '../support/deployment.ts';

/**
 * Returns what Temporal has about the workflows of a deployment, decrypted: histories, memos, attributes, and
 * the heartbeats of running activities.
 */
export async function textOfWorkflows(deployment: Deployment, codec: PayloadCodec): Promise<string> {
  const { connection, options } = deployment.client;
  const dataConverter = { payloadCodecs: [codec] };
  const client = new Client({ connection, namespace: options.namespace, dataConverter });
  const texts: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const [history, description] = await Promise.all([handle.fetchHistory(), handle.describe()]);
    texts.push(await readable(history, codec), await readable(description.raw, codec));
  }
  return texts.join('\n');
}

/** Returns a message of Temporal as text, with every payload in it decrypted. */
async function readable(value: unknown, codec: PayloadCodec): Promise<string> {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value !== 'object' || value === null) return String(value);
  const here = isPayload(value) ? ((await codec.decode([value]))[0] ?? value) : value;
  const parts = await Promise.all(
    Object.entries(here).map(async ([key, inner]) => `${key}: ${await readable(inner, codec)}`),
  );
  return parts.join('\n');
}

function isPayload(value: object): value is Payload {
  return 'metadata' in value && 'data' in value && value.data instanceof Uint8Array;
}

/** Returns the names of the files below a folder that contain any of these texts. */
export async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    if (texts.some((text) => bytes.includes(text))) found.push(path.slice(folder.length + 1));
  }
  return found.sort();
}
