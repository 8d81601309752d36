export { createDigestPool, type DigestPool } from './digest-pool.ts';
export { startTransfer, type Transfer, type TransferOptions } from './transfer.ts';
