import pMap from 'p-map';
import { type ByteRange, knownDigests } from '../image/index.ts';
import { atSide, type BlockSink, blame, type ServerCopy, type ServerObject } from '../stores/index.ts';
import { hashWhole } from './hash-whole.ts';
import { inLane } from './in-lane.ts';
import type { TransferOptions } from './options.ts';
import { FIRST_PAUSE, nextPause, waitForRetry } from './retry.ts';
import { type Run, settle } from './run.ts';
import { type Copied, verify } from './verify.ts';

/** The copy that the server has made, or the reason why it refuses; `null` if it was not asked. */
export type ServerOutcome = { readonly copied: Copied } | { readonly refusal: string | null };

/**
 * Lets the destination's service copy all blocks by itself, if it has the source too. The copy is verified by
 * the service's own checksums of source and copy. If they do not prove the copy right, or if no sha512 is on
 * record, the copy is read back. If the service refuses, the blocks that it has copied are forgotten, because
 * the bytes then have to pass through the worker.
 */
export async function copyByServer(
  options: TransferOptions,
  sink: BlockSink,
  run: Run,
): Promise<ServerOutcome> {
  const { size, reader } = options;
  const { byServer } = sink;
  if (byServer === undefined) return { refusal: null };
  const hasBoth = reader.original?.service === byServer.service && size > 0;
  // If an earlier attempt has moved blocks through a worker, this attempt does so too.
  if (hasBoth && (byServer.hasBegun || run.delivered.bytes === 0)) {
    await atSide('source', async () => reader.check?.());
    const outcome = await copyAll(options, sink, byServer, reader.original, run);
    if ('copied' in outcome) return outcome;
    await forget(sink, run);
    return outcome;
  }
  if (byServer.hasBegun) await forget(sink, run);
  return { refusal: null };
}

async function forget(sink: BlockSink, { delivered }: Run): Promise<void> {
  delivered.clear();
  await atSide('destination', () => sink.reset());
}

async function copyAll(
  options: TransferOptions,
  sink: BlockSink,
  byServer: ServerCopy,
  from: ServerObject,
  run: Run,
): Promise<ServerOutcome> {
  const { expected, size } = options;
  const { signal } = run.stop;
  const digest = options.digests.create(knownDigests(expected));
  const finish = async (): Promise<Copied> => {
    await atSide('destination', () => sink.flush(signal));
    const isSame = await atSide('destination', () => byServer.isSame(from));
    const { sha512, md5 } = expected;
    // A commit recognises the copy by a digest. So one is computed if no sha512 is on record.
    if (isSame && sha512 !== null) {
      digest.drop();
      return { sha512, md5, verified_by: 'crc64nvme', copied_by: 'server' };
    }
    const digests = await hashWhole(sink, run.delivered, size, digest, signal);
    const copied = verify(expected, digests, { isResumed: false });
    const verified_by = isSame && copied.verified_by === 'none' ? 'crc64nvme' : copied.verified_by;
    return { ...copied, verified_by, copied_by: 'server' };
  };
  const outcome = async (): Promise<ServerOutcome> => {
    const refusal = await copyBlocks(options, sink, byServer, from, run);
    if (refusal === null) return { copied: await finish() };
    digest.drop();
    return { refusal };
  };
  return settle(run, {
    copied: outcome(),
    others: [],
    digest,
    forget: () => forget(sink, run),
    close() {},
  });
}

/**
 * Lets the service copy each missing block, several at a time. Returns `null` when all are copied, or the
 * reason why the service refuses. When it returns or throws, nothing is under way any more.
 */
async function copyBlocks(
  { size, link, patience }: TransferOptions,
  { blockSize }: BlockSink,
  byServer: ServerCopy,
  from: ServerObject,
  { delivered, stop, onFault }: Run,
): Promise<string | null> {
  const { signal } = stop;
  const lanes = link.joinAtServer();
  let refusal: string | null = null;
  const copy = async (block: ByteRange) => {
    for (let pause = FIRST_PAUSE; refusal === null; pause = nextPause(pause)) {
      try {
        const bytes = block[1] - block[0];
        const refused = await inLane(lanes, signal, bytes, () => byServer.copy(block, from, signal));
        if (refused === null) delivered.add(block);
        else refusal ??= refused;
        return;
      } catch (error) {
        const context = { patience, ledger: delivered, signal, onFault };
        await waitForRetry(blame('destination', error), context, pause);
      }
    }
  };
  const stopAll = (error: unknown) => stop.abort(error);
  await atSide('destination', () => byServer.begin());
  const blocks = blocksOf(size, blockSize).filter((block) => !delivered.has(block));
  // The first block is tried alone. If the service refuses it, it would refuse the others too.
  await pMap(blocks.splice(0, 1), (block) => copy(block).catch(stopAll));
  await pMap(blocks, (block) => copy(block).catch(stopAll), { concurrency: link.maxLanes.to });
  signal.throwIfAborted();
  return refusal;
}

function blocksOf(size: number, blockSize: number): ByteRange[] {
  return Array.from({ length: Math.ceil(size / blockSize) }, (_, index) => [
    index * blockSize,
    Math.min(size, (index + 1) * blockSize),
  ]);
}
