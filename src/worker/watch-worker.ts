import { pagesInUse } from '../memory/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Spool } from '../stores/index.ts';
import type { Links } from '../transfer/index.ts';

/**
 * Adds gauges to a worker's metrics: for the lanes, memory and spool that its copies use, and their limits.
 */
export function watchWorker(metrics: Metrics, links: Links, spool: Spool | null): void {
  const lanes = (name: string, help: string, value: 'open' | 'limit') =>
    metrics.gauge(name, help, ['server', 'use'], async () =>
      links.lanes().map((lane) => [{ server: lane.server, use: lane.use }, lane[value]] as const),
    );
  lanes('lanes_open', 'Requests for the bytes of images that are under way to a server.', 'open');
  lanes('lanes_limit', 'Requests for the bytes of images that may be under way to a server.', 'limit');
  const single = (name: string, help: string, measure: () => number | Promise<number>) =>
    metrics.gauge(name, help, [], async () => [[{}, await measure()]]);
  const { memory } = links;
  single('memory_granted_bytes', 'Memory that copies have for the bytes of images.', () => memory.granted);
  single('memory_limit_bytes', 'Memory that all copies together may have.', () => memory.limit);
  single('memory_waiting_copies', 'Copies that wait for memory.', () => memory.waiting);
  metrics.gauge('page_memory_bytes', 'Pages for the bytes of images, lent or idle.', ['state'], async () =>
    Object.entries(pagesInUse()).map(([state, bytes]) => [{ state }, bytes] as const),
  );
  if (spool === null) return;
  single('spool_reserved_bytes', 'Bytes that are reserved in the spool.', () => spool.reserved());
  single('spool_limit_bytes', 'Bytes that the spool may take.', () => spool.limit);
}
