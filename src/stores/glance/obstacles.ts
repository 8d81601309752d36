import type { ImageRecord } from '../../image/index.ts';
import { StoreError } from '../store-error.ts';

/** Properties that make a copy of an image worthless: the key or the volumes stay in their own region. */
const OBSTACLES: readonly (readonly [rule: RegExp, why: string])[] = [
  [/^cinder_encryption_key_id$/, 'the image is encrypted, and its key is of no use in another region'],
  [/^os_encrypt_/, 'the image is encrypted, and its key is of no use in another region'],
  [/^block_device_mapping$/, 'the image is a list of volume snapshots, which stay in their region'],
];

/** Throws `invalid_image` if a copy would be of no use. The message names the property. */
export function assertCopyable({ properties, size }: ImageRecord): void {
  for (const [name, value] of Object.entries(properties)) {
    // Nova also sets a mapping that is an empty list, which is no obstacle.
    if (value === '' || value === '[]') continue;
    const obstacle = OBSTACLES.find(([rule]) => rule.test(name));
    if (obstacle !== undefined) throw new StoreError('invalid_image', `${name}: ${obstacle[1]}`);
  }
  if (size === 0) throw new StoreError('invalid_image', 'size: the image has no data (0 bytes)');
}
