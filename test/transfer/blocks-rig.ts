import { onTestFinished } from 'vitest';
import { digestsOf, type ImageRecord } from '../../src/image/index.ts';
import {
  createDigestPool,
  type DigestPool,
  startTransfer,
  type Transfer,
  type TransferOptions,
} from '../../src/transfer/index.ts';
import { openDirectory } from '../stores/directory-under-test.ts';
import { anyone } from '../stores/store-under-test.ts';
import { faultyReader, type ReaderFaults, type WatchedReader } from '../support/fault-store.ts';
import { ownLink } from '../support/link.ts';
import { type BlockFaults, type BlockServer, blockServer } from '../support/memory-blocks.ts';

/** Timeouts for tests that are not about time. */
const PATIENT = { stall_after: 60_000, give_up_after: 60_000 };

export interface BlocksAttempt {
  readonly transfer: Transfer;
  readonly reader: WatchedReader;
}

interface AttemptOptions extends Partial<Omit<TransferOptions, 'reader' | 'sink' | 'size' | 'spool'>> {
  readonly lanes?: number;
  /**
   * The name of the endpoint that the source is said to be at; without one, the source is on this machine.
   */
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
  const started: Transfer[] = [];
  onTestFinished(async () => {
    await Promise.all(started.map((transfer) => transfer.stop()));
    await Promise.all([source.close(), digests.close()]);
  });
  const image = await source.addImage(data);
  const { pin } = await source.store.inspect(anyone(image.id));
  const server = blockServer(data.length, blockSize);
  return {
    image,
    server,
    digests,
    async attempt({ reads, inOrder, blocks, lanes, endpoint, ...options } = {}) {
      const opened = await source.store.openReader(anyone(image.id), pin);
      const far = endpoint === undefined ? opened : { ...opened, endpoint };
      const reader = faultyReader(inOrder ? { ...far, inOrder } : far, reads);
      const ends = { reader, sink: server.sink(blocks), spool: null, size: data.length };
      const transfer = startTransfer({
        ...ends,
        ...ownLink(ends, lanes),
        expected: digestsOf(image),
        reported: [],
        movedAt: Date.now(),
        patience: PATIENT,
        digests,
        ...options,
      });
      started.push(transfer);
      transfer.finished.catch(() => {});
      return { transfer, reader };
    },
  };
}
