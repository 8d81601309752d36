import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

/** The metrics of a worker at one moment. */
export interface Sample {
  /** Milliseconds since the watch began. */
  readonly at: number;
  /** The number of requests under way that read from the server. */
  readonly open: number;
  /** The number of such requests that the worker allows. */
  readonly limit: number;
  /** The bytes that each region has taken so far. */
  readonly written: Readonly<Record<string, number>>;
}

/** A watch over a worker. */
export interface Watch {
  /** Ends the watch, and returns its samples. */
  stop(): Promise<readonly Sample[]>;
}

const INTERVAL = 250;

/**
 * Samples the metrics of a worker four times a second, until the watch is stopped.
 * @param port the port of the worker's metrics
 * @param server the address of the server whose lanes count
 */
export function watchWorker(port: number, server: string): Watch {
  const { host } = new URL(server);
  const samples: Sample[] = [];
  const begun = performance.now();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const at = performance.now() - begun;
      const text = await metricsOf(port);
      samples.push({
        at: Math.round(at),
        open: lanes(text, 'open', host),
        limit: lanes(text, 'limit', host),
        written: byRegion(text, 'written_bytes_total'),
      });
      await sleep(Math.max(0, at + INTERVAL - (performance.now() - begun)));
    }
  })();
  return {
    async stop() {
      isOver = true;
      await watching;
      return samples;
    },
  };
}

/** Returns the bytes that a worker has read from a region so far. */
export async function bytesRead(port: number, region: string): Promise<number> {
  return byRegion(await metricsOf(port), 'read_bytes_total')[region] ?? 0;
}

async function metricsOf(port: number): Promise<string> {
  const { body } = await request(`http://127.0.0.1:${port}/metrics`);
  return body.text();
}

function values(text: string, name: string): { labels: string; value: number }[] {
  const lines = text.matchAll(new RegExp(`^image_replicator_${name}\\{(.*)\\} (\\S+)`, 'gm'));
  return [...lines].map(([, labels = '', value]) => ({ labels, value: Number(value) }));
}

function lanes(text: string, which: 'open' | 'limit', host: string): number {
  const matching = values(text, `lanes_${which}`).filter(
    ({ labels }) => labels.includes(`${host}"`) && labels.includes('use="read"'),
  );
  return matching.reduce((sum, { value }) => sum + value, 0);
}

function byRegion(text: string, name: string): Record<string, number> {
  return Object.fromEntries(
    values(text, name).map(({ labels, value }) => [/region="([^"]*)"/.exec(labels)?.[1] ?? '', value]),
  );
}
