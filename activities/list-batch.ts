import pMap from 'p-map';
import { type Batch, LARGE_OBJECT, type LargeObject, type TaskPlan } from '../src/object-task/index.ts';
import { atSide, type ObjectStore } from '../src/stores/index.ts';
import type { Dependencies } from './dependencies.ts';
import { objectsOf } from './region-of.ts';

/** The largest number of small objects in a batch. */
const MAX_SMALL = 1000;
/** The largest number of large objects in a batch. The task's history contains each of them twice. */
const MAX_LARGE = 100;
/**
 * The largest number of objects that are inspected at a time. These requests take no lanes, because they move
 * no bytes.
 */
const MAX_INSPECTIONS = 16;

/** Returns the next batch of a task's objects, in the order of their paths. An abort stops it. */
export async function listBatch(
  { regions }: Dependencies,
  { source, destination }: TaskPlan,
  after: string | null,
  signal: AbortSignal,
): Promise<Batch> {
  const objects = objectsOf(regions, source.region);
  const target = objectsOf(regions, destination.region);
  const large: LargeObject[] = [];
  let small = 0;
  let last: string | null = null;
  const batch = async (next: string | null): Promise<Batch> => ({
    small:
      small === 0 || last === null ? null : { after, up_to: last, except: large.map(({ path }) => path) },
    large: await pMap(large, (object) => withLosses(object, objects, target), {
      concurrency: MAX_INSPECTIONS,
      signal,
    }),
    next,
  });
  return atSide('source', async () => {
    for await (const { path, size } of objects.list(source.prefix, after, signal)) {
      if (size >= LARGE_OBJECT) large.push({ path, size });
      else small += 1;
      last = path;
      // To find out whether more objects follow, another page of a bucket's list might have to be requested.
      // So the batch ends without a look, and the next batch may be empty.
      if (small === MAX_SMALL || large.length === MAX_LARGE) return batch(last);
    }
    return batch(null);
  });
}

/**
 * Marks an object that will lose attributes at the destination. An object that cannot be read is returned as
 * it is: its copy will fail with the reason.
 */
async function withLosses(
  object: LargeObject,
  source: ObjectStore,
  destination: ObjectStore,
): Promise<LargeObject> {
  const inspected = await source.inspect({ image_id: object.path, tenant_id: null }).catch(() => undefined);
  const isIncomplete = inspected !== undefined && destination.loses(inspected.record.properties);
  return isIncomplete ? { ...object, is_incomplete: true } : object;
}
