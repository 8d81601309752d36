import { onTestFinished } from 'vitest';
import type { ImageRecord } from '../../src/image/index.ts';
import { createDigestPool, type DigestPool, type Transfer } from '../../src/transfer/index.ts';
import { openDirectory } from '../stores/directory-under-test.ts';
import { anyone } from '../stores/store-under-test.ts';
import { faultyReader, type ReaderFaults, type WatchedReader } from '../support/fault-store.ts';
import { type BlockFaults, type BlockServer, blockServer } from '../support/memory-blocks.ts';
import { Attempts, type CommonOptions } from './attempts.ts';

export interface BlocksAttempt {
  readonly transfer: Transfer;
  readonly reader: WatchedReader;
}

interface AttemptOptions extends CommonOptions {
  /** The name of the source's endpoint. Without one, the source is on this machine. */
  readonly endpoint?: string;
  readonly reads?: ReaderFaults;
  readonly inOrder?: boolean;
  readonly blocks?: BlockFaults;
}

/** An image in a directory store that is copied to a store of blocks. */
export interface BlocksRig {
  readonly image: ImageRecord;
  readonly server: BlockServer;
  readonly digests: DigestPool;
  /** Starts the next attempt at the transfer. It is stopped when the test ends. */
  attempt(options?: AttemptOptions): Promise<BlocksAttempt>;
}

export async function blocksRig(data: Uint8Array, blockSize: number): Promise<BlocksRig> {
  const source = await openDirectory();
  const digests = createDigestPool(1);
  const attempts = new Attempts(digests);
  onTestFinished(async () => {
    await attempts.stop();
    await Promise.all([source.close(), digests.close()]);
  });
  const image = await source.addImage(data);
  const { pin } = await source.store.inspect(anyone(image.id));
  const server = blockServer(data.length, blockSize);
  return {
    image,
    server,
    digests,
    async attempt({ reads, inOrder, blocks, endpoint, ...options } = {}) {
      const opened = await source.store.openReader(anyone(image.id), pin);
      const far = endpoint === undefined ? opened : { ...opened, endpoint };
      const reader = faultyReader(inOrder ? { ...far, inOrder } : far, reads);
      const ends = { reader, sink: server.sink(blocks), spool: null, size: data.length };
      const transfer = attempts.start(image, ends, options);
      return { transfer, reader };
    },
  };
}
