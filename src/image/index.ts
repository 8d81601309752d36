export { addRange, type ByteRange, coveredBytes, gaps, mergeRanges, watermark } from './byte-ranges.ts';
export { copyOf } from './copy-of.ts';
export {
  type Algorithm,
  compareDigests,
  type Digests,
  differingDigest,
  digestsOf,
  knownDigests,
  strongestCommon,
  type VerifiedBy,
} from './digests.ts';
export { type ImageRecord, isVisibleTo } from './record.ts';
export type { Side } from './side.ts';
