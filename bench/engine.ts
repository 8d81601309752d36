import { randomUUID } from 'node:crypto';
import { digestsOf } from '../src/image/index.ts';
import type { ImageStore } from '../src/stores/index.ts';
import {
  type DigestPool,
  endpointOf,
  memoryDemand,
  openLinks,
  startTransfer,
} from '../src/transfer/index.ts';
import { timed } from './statistics.ts';

/** The links of a worker whose configuration sets no limits. */
const LINKS = openLinks({
  lanes: { min: 4, max: 64 },
  memory: 2 ** 30,
  rates: () => [],
});

/** Returns the milliseconds of a copy without Temporal, in this process. Then removes the copy. */
export async function runEngine(
  from: ImageStore,
  to: ImageStore,
  imageId: string,
  digests: DigestPool,
): Promise<number> {
  const source = { image_id: imageId, tenant_id: null };
  const unknown = { sha512: null, md5: null };
  const ref = { image_id: randomUUID(), tenant_id: null, mark: 'bench', digests: unknown };
  const time = await timed(async () => {
    const { record, pin } = await from.inspect(source);
    await to.prepare(ref, 0, record);
    const reader = await from.openReader(source, pin);
    const sink = await to.openSink(ref, 1, record.size);
    const link = LINKS.open({ from: reader.endpoint, to: endpointOf(sink), regions: [] });
    const ends = { reader, sink, spool: null, size: record.size, link };
    const memory = await LINKS.memory.take(memoryDemand(ends), AbortSignal.timeout(1000), () => {});
    const { finished } = startTransfer({
      ...ends,
      memory,
      expected: digestsOf(record),
      reported: [],
      movedAt: Date.now(),
      patience: { stall_after: 30_000, give_up_after: 3_600_000 },
      digests,
    });
    await finished;
    await to.commit(ref, 2, { ...record, id: ref.image_id });
  });
  await digests.close();
  await to.discard({ ...ref, committing: true }, 2);
  return time;
}

/** Returns a pool that hashes nothing and reports the expected digest. */
export function noDigests(sha512: string | null): DigestPool {
  return {
    create: () => ({
      update: async () => {},
      finish: async () => ({ sha512: sha512 ?? '', md5: null }),
      drop() {},
    }),
    async close() {},
  };
}
