import type { CopyPlan } from '../src/copy-job/index.ts';
import type { ImageRecord } from '../src/image/index.ts';
import { atSide, type InspectedImage, StoreError } from '../src/stores/index.ts';
import type { Dependencies } from './dependencies.ts';
import { storeOf } from './region-of.ts';

/**
 * The largest size of a record as JSON; bytes. Temporal stores a record several times, and takes at most 2 MB
 * at a time. An activity with a larger result would be retried for ever.
 */
const MAX_RECORD_SIZE = 512 * 1024;

/**
 * Reads the source's record, and pins its bytes: if they change, a later read of them fails.
 * @throws StoreError `invalid_image` if the record is too large; the message names its largest field
 */
export async function inspectSource({ regions }: Dependencies, plan: CopyPlan): Promise<InspectedImage> {
  return atSide('source', async () => {
    const image = await storeOf(regions, plan, 'source').inspect(plan.source);
    assertFits(image.record);
    return image;
  });
}

function assertFits({ properties, ...fields }: ImageRecord): void {
  const named = Object.entries(properties).map(([name, value]) => [`properties.${name}`, value] as const);
  const sizes = [...Object.entries(fields), ...named].map(([field, value]) => ({
    field: field.slice(0, 255),
    bytes: Buffer.byteLength(`${JSON.stringify(field)}:${JSON.stringify(value)},`),
  }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= MAX_RECORD_SIZE) return;
  const { field, bytes } = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  throw new StoreError(
    'invalid_image',
    `the image's record has ${total} bytes, ${bytes} of them in ${field}; at most ${MAX_RECORD_SIZE} can be copied`,
  );
}
