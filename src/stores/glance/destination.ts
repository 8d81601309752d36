import { compareDigests, digestsOf, type ImageRecord } from '../../image/index.ts';
import { MIB } from '../../memory/index.ts';
import type { DestinationRef, ImageDestination } from '../port.ts';
import { taken } from '../refusals.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import { type As, type GlanceApi, isImageId, type PatchOperation } from './api.ts';
import { type GlanceImage, glanceDigests, JOB_PROPERTY, toCreate, toRecord } from './image-json.ts';
import { disown, type MarkedImage, openSink, showMarked, type UploadOptions, whenSaved } from './sink.ts';

/** Patience for an upload that nobody sends any more to come to its end; milliseconds. */
const SETTLING = { patience: 3000, every: 100 };

/** The writing half of a Glance. Everything is done in the project that is to own the image. */
export function glanceDestination(api: GlanceApi, options: UploadOptions): ImageDestination {
  const owner = (ref: DestinationRef): As => ({ project: ref.tenant_id });
  const made = (ref: DestinationRef): MarkedImage => ({ api, as: owner(ref), ref });
  return {
    checkRoom: (tenantId, size) => checkRoom(api, { project: tenantId }, size),

    async prepare(ref, _attempt, image) {
      assertUploadable(ref, image);
      await api.create(owner(ref), toCreate(image, ref.mark)).catch(async (error) => {
        if (!isStoreError(error, 'conflict')) throw error;
        // Somebody has the id, perhaps another call of this job.
        await showMarked(made(ref)).catch((cause) => {
          throw isStoreError(cause, 'not_found') ? taken(ref) : cause;
        });
      });
    },

    async adopt(ref) {
      if (!isImageId(ref.image_id)) return null;
      const image = await ignoring('not_found', () => api.show(owner(ref), ref.image_id));
      return image !== undefined && hasLostItsMark(ref, image) ? toRecord(image) : null;
    },

    openSink: (ref, _attempt, size) => openSink(made(ref), size, options),

    async commit(ref, _attempt, record) {
      const image = await api.show(owner(ref), ref.image_id);
      if (isCommitted(ref, image)) return;
      await showMarked(made(ref));
      assertSame(record, image);
      await api.patch(owner(ref), ref.image_id, lastPatch(record, image));
    },

    async discard(ref, _attempt, watch) {
      if (!isImageId(ref.image_id)) return;
      await ignoring('not_found', async () => {
        // If an image were deleted at the moment when its data is whole, Glance would keep the data for ever.
        const image = await whenSaved(() => api.show(owner(ref), ref.image_id), SETTLING);
        if (!isCommitted(ref, image) && !(await doom(made(ref), image))) return;
        await watch?.confirm();
        // A commit that was frozen may have removed the mark meanwhile, also the one that dooms the image.
        const last = await api.show(owner(ref), ref.image_id);
        if (!isCommitted(ref, last) && last[JOB_PROPERTY] !== doomedMark(ref)) return;
        if (last.protected) {
          await api.patch(owner(ref), ref.image_id, [{ op: 'replace', path: '/protected', value: false }]);
        }
        await remove(api, owner(ref), ref);
      });
    },
  };
}

/**
 * Gives an image in the making over to removal, for good. Returns whether it is ours to remove. Its mark is
 * replaced by another one, which nobody opens or commits. Glance refuses that if a commit has taken the mark
 * away meanwhile: then the image stays, unless the reference says that this undoes the commit.
 */
async function doom(made: MarkedImage, image: GlanceImage): Promise<boolean> {
  const { api, as, ref } = made;
  if (image[JOB_PROPERTY] === doomedMark(ref)) return true;
  if (image[JOB_PROPERTY] !== ref.mark) return false;
  // Once a commit may have begun, the data is ours, even if it is corrupt.
  const mayBeTheirs = !ref.committing && image.status === 'active';
  if (mayBeTheirs && compareDigests(ref.digests, glanceDigests(image)) === 'different') {
    await disown(made);
    return false;
  }
  const operation = { op: 'replace', path: `/${JOB_PROPERTY}`, value: doomedMark(ref) } as const;
  try {
    await api.patch(as, ref.image_id, [operation]);
  } catch (error) {
    if (!isStoreError(error, 'conflict')) throw error;
    return isCommitted(ref, await api.show(as, ref.image_id));
  }
  return true;
}

/** Returns the mark of an image that is being removed: nobody opens or commits it any more. */
export function doomedMark({ mark }: DestinationRef): string {
  return `${mark} doomed`;
}

/**
 * Throws `invalid_image` for an image to which no data could be uploaded. Glance takes none for an image
 * without formats, and says so only when the data has come.
 */
function assertUploadable(ref: DestinationRef, image: ImageRecord): void {
  if (!isImageId(ref.image_id)) throw new StoreError('invalid_image', 'id: has to be a UUID');
  for (const field of ['disk_format', 'container_format'] as const) {
    if (image[field] === null) throw new StoreError('invalid_image', `${field}: has to be set`);
  }
}

/**
 * Tells whether the commit that the reference speaks of went through: it has taken the mark away; the id is
 * ours, and so are the bytes.
 */
function isCommitted(ref: DestinationRef, image: GlanceImage): boolean {
  return ref.committing === true && hasLostItsMark(ref, image);
}

/** Tells whether an image is whole, without a mark, and has the bytes that the job's image has. */
function hasLostItsMark({ digests }: DestinationRef, image: GlanceImage): boolean {
  if (image[JOB_PROPERTY] !== undefined || image.status !== 'active') return false;
  const verdict = compareDigests(digests, glanceDigests(image));
  return verdict !== 'different' && verdict !== 'none';
}

/**
 * Throws if the image is not whole, or is not what was sent: Glance has computed its digests from what it has
 * stored.
 */
function assertSame(record: ImageRecord, image: GlanceImage): void {
  if (image.status !== 'active') throw new StoreError('conflict', `the image is ${image.status}, not active`);
  const same = compareDigests(digestsOf(record), glanceDigests(image)) !== 'different';
  if (image.size === record.size && same) return;
  throw new StoreError('digest_mismatch', "the image service's own digest is not that of what was sent");
}

/**
 * Returns the patch that commits an image. It adds what the image has to be without as long as it may have to
 * be removed.
 */
function lastPatch(record: ImageRecord, image: GlanceImage): PatchOperation[] {
  const heldBack = Object.entries(record.properties).filter(([name]) => !Object.hasOwn(image, name));
  return [
    { op: 'remove', path: `/${JOB_PROPERTY}` },
    ...heldBack.map(([name, value]) => ({ op: 'add', path: pointer(name), value }) as const),
    { op: 'replace', path: '/visibility', value: record.visibility },
    ...(record.os_hidden ? [{ op: 'replace', path: '/os_hidden', value: true } as const] : []),
    ...(record.protected ? [{ op: 'replace', path: '/protected', value: true } as const] : []),
  ];
}

/**
 * Returns the JSON pointer to a property.
 * @see RFC 6901, section 3
 */
function pointer(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/**
 * Removes an image. Somebody may protect it again in the meantime, or be using it: that passes, so it is
 * `unavailable`.
 */
async function remove(api: GlanceApi, as: As, ref: DestinationRef): Promise<void> {
  await api.remove(as, ref.image_id).catch((error) => {
    if (!(error instanceof StoreError) || !['forbidden', 'conflict'].includes(error.code)) throw error;
    throw new StoreError('unavailable', error.message, { cause: error });
  });
}

/**
 * Throws `quota_exceeded` if the destination tells beforehand that there is no room. It decides again when
 * the bytes come.
 */
async function checkRoom(api: GlanceApi, as: As, size: number): Promise<void> {
  const usage = await api.usage(as);
  const wanted = { image_size_total: Math.ceil(size / MIB), image_count_total: 1, image_count_uploading: 0 };
  for (const [name, more] of Object.entries(wanted)) {
    const quota = usage[name];
    if (quota === undefined || quota.limit < 0 || quota.usage + more <= quota.limit) continue;
    const unit = name.includes('size') ? ' MiB' : '';
    const left = `${quota.usage} of ${quota.limit}${unit} are used`;
    throw new StoreError('quota_exceeded', `no room at the destination: ${name}: ${left}`);
  }
}

async function ignoring<T>(code: StoreError['code'], operation: () => Promise<T>): Promise<T | undefined> {
  try {
    return await operation();
  } catch (error) {
    if (isStoreError(error, code)) return undefined;
    throw error;
  }
}
