import type { View } from '../store.ts';

/** An image as Glance has it. */
interface Image {
  /** The job that has created the image. */
  readonly creator: string;
  /**
   * The property `image_replicator_job`. It is empty after a commit has removed it. It is `x` after the job
   * has taken its mark away from an image with somebody else's bytes.
   */
  readonly mark: string;
  /** True if the property says that the image is being removed. */
  readonly doomed: boolean;
  readonly status: 'queued' | 'saving' | 'active';
  /** The attempt whose upload is under way. */
  readonly saver: number;
  readonly version: number;
}

/** One image id of a Glance. */
export interface Glance {
  readonly image: Image | null;
  /** True if the id was used. Glance never accepts it again. */
  readonly isUsed: boolean;
}

export const UNUSED: Glance = { image: null, isUsed: false };

export function create(mark: string): Glance {
  return {
    image: { creator: mark, mark, doomed: false, status: 'queued', saver: 0, version: -1 },
    isUsed: true,
  };
}

export function change(s: Glance, changes: Partial<Image>): Glance {
  return s.image === null ? s : { ...s, image: { ...s.image, ...changes } };
}

/** Tells whether an image has the mark of the job, so that it may be filled and committed. */
export function isMarked({ image }: Glance): boolean {
  return image?.mark === 'a' && !image.doomed;
}

/** Tells whether an image that the job has made was removed, or is being removed. */
export function isRemoved({ image }: Glance): boolean {
  return image === null || (image.mark === 'a' && image.doomed);
}

/** Tells whether a commit has removed the mark from an image with these bytes. */
export function hasLostItsMark({ image }: Glance, version: number): boolean {
  return image?.mark === '' && image.status === 'active' && image.version === version;
}

/**
 * Returns what can be seen of the image. Glance has no numbers, so nobody can tell which attempt makes it.
 */
export function viewOf({ image }: Glance): View {
  if (image === null || image.mark === 'x') return { image: null, making: null };
  if (image.mark === '') return { image: { mark: image.creator, whole: image.version >= 0 }, making: null };
  return { image: null, making: { mark: image.mark, doomed: image.doomed, by: 0 } };
}
