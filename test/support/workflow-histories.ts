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
 * Reads a history from the JSON of its protobuf message. The SDK's `historyFromJSON` fails with "type must be
 * a Type" if npm has installed more than one copy of protobufjs 8.
 */
export function historyFrom(json: string): WorkflowHistory {
  return History.fromObject(JSON.parse(json));
}

/**
 * Stores the history of a workflow as a fixture. Leaves out stack traces, because they contain paths of a
 * machine. A replay takes the run's id from the history, but the history of a run that a reset has made names
 * the first run. So this function writes the id of the run itself into the history.
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
