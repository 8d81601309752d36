import { compareDigests, digestsOf, type ImageRecord } from '../../image/index.ts';
import { MIB } from '../../memory/index.ts';
import type { DestinationRef, ImageDestination } from '../port.ts';
import { idTakenError } from '../refusals.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import { type As, type GlanceApi, isImageId, type PatchOperation } from './api.ts';
import { type GlanceImage, glanceDigests, JOB_PROPERTY, toCreate, toRecord } from './image-json.ts';
import {
  disown,
  type GlanceUploadOptions,
  type MarkedImage,
  openSink,
  showMarked,
  whenNotSaving,
} from './sink.ts';

/**
 * How `discard` waits for Glance to end an upload whose sender is gone: for at most `timeout`, with
 * `interval` between two looks; milliseconds.
 */
const SETTLING = { timeout: 3000, interval: 100 };

/** The writing half of a Glance. All calls are made in the project that is to own the image. */
export function glanceDestination(api: GlanceApi, options: GlanceUploadOptions): ImageDestination {
  const owner = (ref: DestinationRef): As => ({ project: ref.tenant_id });
  const made = (ref: DestinationRef): MarkedImage => ({ api, as: owner(ref), ref });
  return {
    unmarksCommitted: true,

    checkRoom: (tenantId, size) => checkRoom(api, { project: tenantId }, size),

    async prepare(ref, _attempt, image) {
      assertUploadable(ref, image);
      await api.create(owner(ref), toCreate(image, ref.mark)).catch(async (error) => {
        if (!isStoreError(error, 'conflict')) throw error;
        // The id is in use, perhaps by another call of this job.
        assertReserved(ref, await ignoring('not_found', () => api.show(owner(ref), ref.image_id)));
      });
    },

    async adopt(ref) {
      if (!isImageId(ref.image_id)) return null;
      const image = await ignoring('not_found', () => api.show(owner(ref), ref.image_id));
      if (image === undefined || !isCommitted(ref, image)) return null;
      assertUncontested(ref);
      return toRecord(image);
    },

    openSink: (ref, _attempt, size) => openSink(made(ref), size, options),

    async commit(ref, _attempt, record) {
      const image = await api.show(owner(ref), ref.image_id);
      if (isCommitted(ref, image)) return assertUncontested(ref);
      // Throws `not_found` unless the image bears the job's mark.
      await showMarked(made(ref));
      assertSame(record, image);
      await api.patch(owner(ref), ref.image_id, lastPatch(record, image));
    },

    async discard(ref, _attempt, watch) {
      if (!isImageId(ref.image_id)) return;
      await ignoring('not_found', async () => {
        // If an image is deleted at the moment when its data becomes whole, Glance keeps the data for ever.
        const image = await whenNotSaving(() => api.show(owner(ref), ref.image_id), SETTLING);
        // A Glance has no fence. Only this call prevents the doom of an image with which another run goes on.
        await watch?.confirm(performance.now());
        if (!isCommitted(ref, image) && !(await doom(made(ref), image))) return;
        await watch?.confirm(performance.now());
        // A commit that was frozen may have removed the mark meanwhile, even after the image was doomed.
        const latest = await api.show(owner(ref), ref.image_id);
        if (latest[JOB_PROPERTY] === ref.mark) throw undoneError(ref);
        if (!isCommitted(ref, latest) && latest[JOB_PROPERTY] !== doomedMark(ref)) return;
        if (latest.protected) {
          await api.patch(owner(ref), ref.image_id, [{ op: 'replace', path: '/protected', value: false }]);
        }
        await remove(api, owner(ref), ref);
      });
    },
  };
}

/**
 * Returns the error for a doom that Glance has undone. Glance changes an image by reading it and then writing
 * all of it, so a change that began earlier may have put the old mark back. The removal has to be repeated.
 */
function undoneError({ image_id }: DestinationRef): StoreError {
  return new StoreError(
    'unavailable',
    `another change of image ${image_id} has undone the note that it is being removed`,
  );
}

/**
 * Dooms an image in the making: replaces its mark, so that nobody opens or commits the image any more.
 * Returns whether the image may be removed. There are three cases in which it may not:
 * - The image does not bear this job's mark.
 * - Somebody else has uploaded other data to it. Then the image also loses the mark.
 * - A commit has removed the mark meanwhile, and this call is not the one that undoes the commit.
 */
async function doom(made: MarkedImage, image: GlanceImage): Promise<boolean> {
  const { api, as, ref } = made;
  if (image[JOB_PROPERTY] === doomedMark(ref)) return true;
  if (image[JOB_PROPERTY] !== ref.mark) return false;
  // If a commit may have begun, the data is this job's, even if it is corrupt.
  const mayBeForeign = !ref.committing && image.status === 'active';
  if (mayBeForeign && compareDigests(ref.digests, glanceDigests(image)) === 'different') {
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

/** Returns the mark of an image that is doomed. */
export function doomedMark({ mark }: DestinationRef): string {
  return `${mark} doomed`;
}

/**
 * Throws `invalid_image` for an image to which no data could be uploaded. Glance accepts no data for an image
 * without formats, but says so only after the upload.
 */
function assertUploadable(ref: DestinationRef, image: ImageRecord): void {
  if (!isImageId(ref.image_id)) throw new StoreError('invalid_image', 'id: has to be a UUID');
  for (const field of ['disk_format', 'container_format'] as const) {
    if (image[field] === null) throw new StoreError('invalid_image', `${field}: has to be set`);
  }
}

/**
 * Throws unless this job is making the image that has the id. Throws `conflict` if the image is somebody
 * else's. Throws `spoilt` if Glance will never accept the id again: its image cannot be seen, or this job is
 * removing the image.
 */
function assertReserved(ref: DestinationRef, image: GlanceImage | undefined): void {
  const mark = image?.[JOB_PROPERTY];
  if (mark === ref.mark) return;
  if (image !== undefined && mark !== doomedMark(ref)) throw idTakenError(ref);
  throw new StoreError('spoilt', `image id ${ref.image_id} is or was in use, and can be used only once`);
}

/** Tells whether this job has committed the image. Returns `false` for a reference without `committing`. */
function isCommitted(ref: DestinationRef, image: GlanceImage): boolean {
  return ref.committing === true && hasLostItsMark(ref, image);
}

/** Tells whether an image is whole, bears no mark, and has the digests of the job's image. */
function hasLostItsMark({ digests }: DestinationRef, image: GlanceImage): boolean {
  if (image[JOB_PROPERTY] !== undefined || image.status !== 'active') return false;
  const verdict = compareDigests(digests, glanceDigests(image));
  return verdict !== 'different' && verdict !== 'none';
}

/**
 * Throws `spoilt` if an earlier run, or a sweep, may still be removing the committed image: a `DELETE` that
 * is on its way to a Glance has no condition, and cannot be stopped. The job then removes the image by
 * itself, and makes another. A Glance uses no id twice, so a late `DELETE` removes nothing else.
 */
function assertUncontested({ image_id, contested }: DestinationRef): void {
  if (contested === undefined) return;
  const message = `an earlier run has committed image ${image_id}, and the image may be about to be removed`;
  throw new StoreError('spoilt', message);
}

/**
 * Throws `conflict` if the image is not whole, and `digest_mismatch` if Glance has stored other bytes than
 * were sent.
 */
function assertSame(record: ImageRecord, image: GlanceImage): void {
  if (image.status !== 'active') throw new StoreError('conflict', `the image is ${image.status}, not active`);
  const same = compareDigests(digestsOf(record), glanceDigests(image)) !== 'different';
  if (image.size === record.size && same) return;
  throw new StoreError(
    'digest_mismatch',
    "the image service's digest differs from the digest of the data sent",
  );
}

/** Returns the patch that commits an image. It removes the mark, and sets what `toCreate` has left out. */
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
 * Removes an image. Throws `unavailable` if somebody has protected the image again, or is using it, because
 * both may pass.
 */
async function remove(api: GlanceApi, as: As, ref: DestinationRef): Promise<void> {
  await api.remove(as, ref.image_id).catch((error) => {
    if (!isStoreError(error, 'forbidden', 'conflict')) throw error;
    throw new StoreError('unavailable', error.message, { cause: error });
  });
}

/**
 * Throws `quota_exceeded` if the project's quotas leave no room. Glance checks them again when the bytes
 * arrive.
 */
async function checkRoom(api: GlanceApi, as: As, size: number): Promise<void> {
  const usage = await api.usage(as);
  const wanted = { image_size_total: Math.ceil(size / MIB), image_count_total: 1, image_count_uploading: 0 };
  for (const [name, amount] of Object.entries(wanted)) {
    const quota = usage[name];
    if (quota === undefined || quota.limit < 0 || quota.usage + amount <= quota.limit) continue;
    const unit = name.includes('size') ? ' MiB' : '';
    const used = `${quota.usage} of ${quota.limit}${unit} are used`;
    throw new StoreError('quota_exceeded', `no room at the destination: ${name}: ${used}`);
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
