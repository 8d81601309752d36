import type { Deployment } from '../test/support/deployment.ts';
import { copyByJob } from './copy-by-job.ts';

/** An image to copy. */
export interface Image {
  readonly id: string;
  /** The size of the image; bytes. */
  readonly size: number;
}

/** An image on the disk, and its copy in the bucket. */
export interface MadeImage {
  readonly local: Image;
  readonly far: Image;
}

/** Makes an image of random bytes in the region `disk`, and copies it to the region `near`. */
export async function makeImage(deployment: Deployment, size: number): Promise<MadeImage> {
  const { id: local } = await deployment.addImage('disk', size);
  const { id: far } = await copyByJob(deployment, local, 'disk', 'near');
  return { local: { id: local, size }, far: { id: far, size } };
}
