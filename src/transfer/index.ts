export { createDigestPool, type DigestPool } from './digest-pool.ts';
export type { Patience } from './lane.ts';
export { startTransfer, type Transfer, type TransferOptions } from './transfer.ts';
