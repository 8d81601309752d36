import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';

const FOLDER = join(import.meta.dirname, '../histories');
const { History } = proto.temporal.api.history.v1;

export type WorkflowHistory = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

export async function readHistory(name: string): Promise<WorkflowHistory> {
  return historyFrom(await readFile(join(FOLDER, `${name}.json`), 'utf8'));
}

/**
 * Reads a history from the JSON of its protobuf message. The SDK's `historyFromJSON` would fail with "type
 * must be a Type" wherever npm installs more than one copy of protobufjs 8.
 */
export function historyFrom(json: string): WorkflowHistory {
  return History.fromObject(JSON.parse(json));
}

/**
 * Keeps a workflow's history as a fixture, without stack traces, which are full of a machine's paths. A
 * worker is told the id of a run that a reset has made; a replay takes it from the history, which only holds
 * that of the first run.
 */
export async function storeHistory(name: string, handle: WorkflowHandle): Promise<void> {
  const { runId } = await handle.describe();
  const history = History.fromObject(await handle.fetchHistory()).toJSON();
  const json = JSON.stringify(
    history,
    (key, value) => {
      if (key === 'stackTrace') return undefined;
      return key === 'originalExecutionRunId' ? runId : value;
    },
    2,
  );
  await writeFile(join(FOLDER, `${name}.json`), `${json}\n`);
}
