export { addRange, type ByteRange, coveredBytes, watermark } from './byte-ranges.ts';
export { partSize, planParts } from './part-plan.ts';
export { type ImageRecord, isVisibleTo } from './record.ts';
export type { Side } from './side.ts';
