import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { TelemetryOptions } from '@temporalio/worker';

/** The metrics of Temporal's SDK, which the SDK serves at an address of its own. */
export interface SdkMetrics {
  readonly options: NonNullable<TelemetryOptions['metrics']>;
  /** Returns the metrics in Prometheus' text format. */
  text(): Promise<string>;
}

/** The labels that the SDK adds to the metrics of workflows, with their names by Prometheus' conventions. */
const SNAKE_CASE: Readonly<Record<string, string>> = {
  'taskQueue=': 'task_queue=',
  'workflowType=': 'workflow_type=',
};
const CAMEL_CASE = /(?<=^image_replicator_.*[{,])(?:taskQueue|workflowType)=/gm;

/** Chooses a free loopback port for the SDK's metrics. The SDK would not report a port of its own choice. */
export async function openSdkMetrics(): Promise<SdkMetrics> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bindAddress = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((resolve) => server.close(resolve));
  return {
    options: {
      prometheus: { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true },
    },
    async text() {
      const answer = await fetch(`http://${bindAddress}/metrics`, { signal: AbortSignal.timeout(2000) });
      return (await answer.text()).replaceAll(CAMEL_CASE, (label) => SNAKE_CASE[label] ?? label);
    },
  };
}
