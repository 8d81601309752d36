const CLUSTER_BITS = 16;
const CLUSTER = 2 ** CLUSTER_BITS;

/**
 * Returns an empty disk as a qcow2 image of version 2. It has four clusters: the header, the table of
 * refcount blocks, the only refcount block, and the table of the disk's clusters. No cluster of the disk is
 * allocated.
 *
 * @see https://www.qemu.org/docs/master/interop/qcow2.html
 */
export function emptyQcow2(virtualSize: number): Buffer {
  const image = Buffer.alloc(4 * CLUSTER);
  image.write('QFI\xfb', 'latin1');
  image.writeUInt32BE(2, 4);
  image.writeUInt32BE(CLUSTER_BITS, 20);
  image.writeBigUInt64BE(BigInt(virtualSize), 24);
  image.writeUInt32BE(1, 36); // entries of the disk's first table
  image.writeBigUInt64BE(BigInt(3 * CLUSTER), 40);
  image.writeBigUInt64BE(BigInt(CLUSTER), 48);
  image.writeUInt32BE(1, 56); // clusters of the refcount table
  image.writeBigUInt64BE(BigInt(2 * CLUSTER), CLUSTER);
  for (let cluster = 0; cluster < 4; cluster += 1) image.writeUInt16BE(1, 2 * CLUSTER + 2 * cluster);
  return image;
}
