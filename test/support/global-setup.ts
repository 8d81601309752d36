import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { installTemporal } from './install-temporal.ts';
import { startTemporalServer } from './temporal-server.ts';
import { shareWorkflowBundle } from './workflow-bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /**
     * `host:port` of the Temporal server that all test files share. Each test file has a namespace of its
     * own.
     */
    temporalAddress: string;
    /** Paths of the Temporal CLI and of the time-skipping test server. */
    temporalProgram: string;
    timeSkippingProgram: string;
  }
}

/**
 * Starts one Temporal dev server for all test files. Installs missing programs, as `temporal-dev.sh` does.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { temporal, timeSkipping } = installTemporal();
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-temporal-'));
  const [server] = await Promise.all([
    startTemporalServer(temporal, join(folder, 'temporal.db')),
    shareWorkflowBundle(folder),
  ]);
  project.provide('temporalAddress', server.address);
  project.provide('temporalProgram', temporal);
  project.provide('timeSkippingProgram', timeSkipping);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
