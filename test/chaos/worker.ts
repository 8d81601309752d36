import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { TestProcess } from '../support/process.ts';
import type { Caught } from './caught.ts';
import { type Control, openControl } from './control.ts';
import type { End, Spot } from './end.ts';
import type { HttpProxy } from './proxy.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A process of the product. A trial controls its connections, its file system calls and its clock. */
export interface ChaosWorker {
  readonly process: TestProcess;
  readonly temporal: TcpProxy;
  /** The proxy in front of the server of the source; `null` if the source is a folder. */
  readonly source: HttpProxy | null;
  readonly destination: HttpProxy | null;
  readonly control: Control;
  /** Holds the next call or request at a place. */
  hold(side: 'source' | 'destination', spot: Spot): Caught;
  /**
   * Stops the process with SIGSTOP. Temporal's server notices that the process no longer polls. With
   * `polling`, the server does not notice, and gives the frozen process tasks for up to another minute.
   */
  freeze(options?: { readonly polling?: boolean }): void;
  wake(): void;
  isFrozen(): boolean;
  /** Lets everything go on that is held. */
  releaseAll(): void;
  kill(signal?: NodeJS.Signals): Promise<void>;
  close(): Promise<void>;
}

/** Everything that is needed to start a worker. */
export interface WorkerSetup {
  readonly address: string;
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly ends: { readonly source: End; readonly destination: End };
  readonly lines: {
    readonly source: { readonly proxy: HttpProxy; readonly region: string } | null;
    readonly destination: { readonly proxy: HttpProxy; readonly region: string } | null;
  };
  start(env: NodeJS.ProcessEnv): Promise<TestProcess>;
  giveBack(): Promise<void>;
}

const PRELOAD = join(import.meta.dirname, 'preload.ts');
let made = 0;

/** Starts a worker behind proxies of its own. */
export async function startChaosWorker(setup: WorkerSetup): Promise<ChaosWorker> {
  const { lines } = setup;
  const temporal = await startTcpProxy(setup.address);
  const control = openControl(setup.folder);
  const file = await writeConfig(setup);
  const process = await setup.start({
    IMAGE_REPLICATOR_CONFIG: file,
    TEMPORAL_ADDRESS: temporal.address,
    NODE_OPTIONS: `--import=${PRELOAD}`,
    CHAOS_CONTROL: control.folder,
  });
  const caught: Caught[] = [];
  let frozen = false;
  const signal = (name: NodeJS.Signals) => {
    if (process.exitCode === null) globalThis.process.kill(process.pid, name);
  };
  const wake = () => {
    frozen = false;
    temporal.remember();
    signal('SIGCONT');
  };
  const source = lines.source?.proxy ?? null;
  const destination = lines.destination?.proxy ?? null;
  return {
    process,
    temporal,
    source,
    destination,
    control,
    hold(side, spot) {
      const proxy = side === 'source' ? source : destination;
      const one =
        spot.kind === 'file'
          ? control.add({ calls: spot.calls, path: spot.path, act: 'hold', until: 1 })
          : proxy?.add(spot.match, { kind: spot.what }, 1);
      if (one === undefined) throw new Error('there is no server to hold a request before');
      caught.push(one);
      return one;
    },
    freeze({ polling = false } = {}) {
      frozen = true;
      signal('SIGSTOP');
      if (!polling) temporal.forget();
    },
    wake,
    isFrozen: () => frozen,
    releaseAll: () => {
      for (const one of caught) one.release();
    },
    async kill(name = 'SIGKILL') {
      if (frozen) wake();
      await process.stop(name);
    },
    async close() {
      await process.stop('SIGKILL');
      await temporal.close();
      await setup.giveBack();
    },
  };
}

/** Writes the configuration of a worker whose stores are behind its lines. Returns the path. */
async function writeConfig({ folder, config, ends, lines }: WorkerSetup): Promise<string> {
  const storeOf = (side: 'source' | 'destination') => {
    const line = lines[side];
    return { store: ends[side].store(line && { url: line.proxy.url, region: line.region }) };
  };
  const file = join(folder, `worker-${made++}.yaml`);
  const regions = { ot1: storeOf('source'), ot2: storeOf('destination') };
  await writeFile(file, stringify({ ...config, regions }));
  return file;
}
