import type { View } from '../store.ts';

/** An image as Glance has it. */
interface Image {
  /**
   * The property `image_replicator_job`; empty once a commit has taken it away, and `x` for an image that the
   * job has given up as somebody else's.
   */
  readonly mark: string;
  /** The property says that the image is being removed. */
  readonly doomed: boolean;
  readonly status: 'queued' | 'saving' | 'active';
  /** The attempt whose upload is under way. */
  readonly saver: number;
  readonly version: number;
}

/** One image id of a Glance. */
export interface Glance {
  readonly image: Image | null;
  /** The id was used: Glance never takes it again. */
  readonly isUsed: boolean;
}

export const UNUSED: Glance = { image: null, isUsed: false };

export function create(mark: string): Glance {
  return { image: { mark, doomed: false, status: 'queued', saver: 0, version: -1 }, isUsed: true };
}

export function change(s: Glance, changes: Partial<Image>): Glance {
  return s.image === null ? s : { ...s, image: { ...s.image, ...changes } };
}

/** Tells whether an image bears the job's mark, so that it may be filled and committed. */
export function isMarked({ image }: Glance): boolean {
  return image?.mark === 'a' && !image.doomed;
}

/** Tells whether a commit has taken the mark away from an image with these bytes. */
export function hasLostItsMark({ image }: Glance, version: number): boolean {
  return image?.mark === '' && image.status === 'active' && image.version === version;
}

/** Glance knows no numbers: which attempt has what is in the making nobody can tell. */
export function viewOf({ image }: Glance): View {
  if (image === null || image.mark === 'x') return { image: null, making: null };
  const isVisible = image.mark === '' || (image.mark === 'b' && image.status === 'active');
  if (isVisible) return { image: { mark: image.mark || 'a', whole: image.version >= 0 }, making: null };
  return { image: null, making: { mark: image.mark, doomed: image.doomed, by: 0 } };
}
