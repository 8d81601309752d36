import { join } from 'node:path';
import { type Gateway, startGateway } from '../s3/support/gateway.ts';
import { ACCOUNT } from '../s3/support/s3-server.ts';
import { installTemporal } from '../support/install-temporal.ts';
import { startTemporalServer, type TemporalServer } from '../support/temporal-server.ts';
import type { StoreName } from './store-name.ts';
import { type GlanceCloud, startGlanceCloud } from './stores/glance-cloud.ts';

/**
 * The real servers that trials share. Each is started when the first trial needs it, and ends when the folder
 * of the run is closed.
 */
export interface Servers {
  readonly temporalProgram: string;
  temporal(): Promise<TemporalServer>;
  /** Starts a Temporal server for one trial, which has to end it. */
  ownTemporal(): Promise<TemporalServer>;
  s3(): Promise<Gateway>;
  cloud(): Promise<GlanceCloud>;
}

/** Settings of Temporal that some trials need. */
const SETTINGS = ['frontend.WorkflowPauseEnabled=true'];

/** Starts the servers that the stores need, before the time of the run counts. */
export async function warmUp(servers: Servers, stores: readonly StoreName[]): Promise<void> {
  await servers.temporal();
  if (stores.some((store) => store === 's3' || store === 'objects-s3')) await servers.s3();
  if (stores.includes('glance')) await servers.cloud();
}

export function openServers(folder: string): Servers {
  const { temporal: temporalProgram } = installTemporal();
  // Every trial starts the same programs again, so they share a cache of compiled code.
  process.env.NODE_COMPILE_CACHE ??= join(folder, 'compiled');
  process.env.AWS_ACCESS_KEY_ID = ACCOUNT.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = ACCOUNT.secretAccessKey;
  const once = <T>(start: () => Promise<T>) => {
    let server: Promise<T> | undefined;
    return () => {
      server ??= start();
      return server;
    };
  };
  let databases = 0;
  const startTemporal = () =>
    startTemporalServer(temporalProgram, join(folder, `temporal-${databases++}.db`), SETTINGS);
  return {
    temporalProgram,
    temporal: once(startTemporal),
    ownTemporal: startTemporal,
    s3: once(() => startGateway()),
    cloud: once(startGlanceCloud),
  };
}
