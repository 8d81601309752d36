import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installTemporal } from '../test/support/install-temporal.ts';
import { startTemporalServer } from '../test/support/temporal-server.ts';

/** A Temporal dev server for one benchmark. */
export interface BenchTemporal {
  readonly address: string;
  /** A folder for temporary files of the benchmark, beside the server's database. */
  readonly folder: string;
  /** Ends the server, and removes the folder. */
  stop(): Promise<void>;
}

/** Starts a Temporal dev server that keeps its state in a file. */
export async function startTemporal(): Promise<BenchTemporal> {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-bench-'));
  const server = await startTemporalServer(installTemporal().temporal, join(folder, 'temporal.db'));
  return {
    address: server.address,
    folder,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
