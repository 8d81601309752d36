export { createDigestPool, type DigestPool } from './digest-pool.ts';
export { endpointOf, type LinkEnds, type LinkLimits, type Links, openLinks } from './links.ts';
export type { MemoryDemand, MemoryGrant } from './memory.ts';
export { memoryDemand } from './memory-demand.ts';
export type { TransferOptions } from './options.ts';
export { type MoveOptions, moveEachObject, type ObjectOutcome } from './small-objects.ts';
export { startTransfer, type Transfer } from './transfer.ts';
export type { Copied } from './verify.ts';
