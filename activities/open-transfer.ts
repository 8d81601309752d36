import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { CopyPlan, TransferProgress } from '../src/copy-job/index.ts';
import { copyOf, coveredBytes, digestsOf, type ImageRecord } from '../src/image/index.ts';
import {
  atSide,
  type DestinationRef,
  type ImageDestination,
  type ImageSink,
  type InspectedImage,
  isStoreError,
  type PartSink,
  StoreError,
} from '../src/stores/index.ts';
import {
  endpointOf,
  type LinkEnds,
  type Links,
  type MemoryDemand,
  type MemoryGrant,
  memoryDemand,
  startTransfer,
  type Transfer,
} from '../src/transfer/index.ts';
import { currentRun, isFirstRun } from './current-run.ts';
import type { Dependencies } from './dependencies.ts';
import { attemptNumber } from './lease.ts';
import { storeOf } from './region-of.ts';
import { reserve } from './reserve.ts';

/** The copy whose bytes a transfer moves. */
export interface TransferOptions {
  readonly plan: CopyPlan;
  readonly ref: DestinationRef;
  readonly image: InspectedImage;
  /** The progress of earlier attempts. */
  readonly progress: TransferProgress;
  /** Called if the copy has to wait for room in the spool, or for memory. The fault says for which. */
  readonly onWait: (fault: StoreError) => void;
}

/**
 * Opens the source, the destination and, if it is needed, a file in the spool. Takes memory, and starts to
 * move bytes. Waits if the spool or the memory is full.
 */
export async function openTransfer(
  deps: Dependencies,
  { plan, ref, image, progress, onWait }: TransferOptions,
): Promise<Transfer> {
  const { regions, limits, digests, links } = deps;
  const { record, pin } = image;
  const from = storeOf(regions, plan, 'source');
  const to = storeOf(regions, plan, 'destination');
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(resource: T): T => {
    opened.push(resource);
    return resource;
  };
  try {
    const copy = copyOf(record, plan.destination, plan.source.tenant_id);
    const open = () => openSink(deps.client, to, { ref, copy, isObject: plan.objects === true });
    const openingSince = Date.now();
    const [{ sink, spool }, reader] = await both(
      atSide('destination', open).then(async (sink) => {
        keep(sink);
        const spool = await openSpoolFile(deps, sink, ref, record.size, onWait);
        return { sink, spool: spool && keep(spool) };
      }),
      atSide('source', () =>
        from.openReader(plan.source, pin, { digests: digestsOf(record), checksLater: record.size > 0 }),
      ).then(keep),
    );
    const link = links.open({ from: reader.endpoint, to: endpointOf(sink), ...limitScopeOf(plan) });
    // A server that is far away gets more lanes from the start.
    if (reader.roundTrip !== undefined) link.from.heard(reader.roundTrip);
    if (sink.kind === 'blocks' && sink.roundTrip !== undefined) link.to.heard(sink.roundTrip);
    const ends = { reader, sink, spool, size: record.size, link };
    const memory = keep(await takeMemory(links, memoryDemand(ends), onWait));
    const transfer = startTransfer({
      ...ends,
      memory,
      expected: digestsOf(record),
      reported: progress.ranges,
      // Opening both ends, and waiting for room or memory, does not count as time without progress.
      movedAt: progress.moved_at + Date.now() - openingSince,
      patience: { stall_after: limits.stallAfter, give_up_after: limits.giveUpAfter },
      digests,
    });
    reportRepeated(deps, plan, progress, transfer);
    return transfer;
  } catch (error) {
    await Promise.allSettled(opened.map((resource) => resource.close()));
    throw error;
  }
}

/**
 * Waits until both ends are open, or have failed to open. If one fails, still waits for the other, because
 * the caller has to close it. If both fail, throws the error of the first.
 */
async function both<One, Other>(one: Promise<One>, other: Promise<Other>): Promise<[One, Other]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}

/** Reports how many bytes an earlier attempt has delivered in vain: they have to be delivered again. */
function reportRepeated(
  { onRepeat }: Dependencies,
  { destination }: CopyPlan,
  { ranges }: TransferProgress,
  { ledger }: Transfer,
): void {
  const bytes = coveredBytes(ranges) - ledger.bytes;
  if (bytes > 0) onRepeat(destination.region, bytes);
}

/** Returns the regions and the tenants whose limits a copy has to keep to. */
function limitScopeOf({ source, destination }: CopyPlan): Pick<LinkEnds, 'regions' | 'tenants'> {
  const tenants = new Set([source.tenant_id, destination.tenant_id].filter((id) => id !== null));
  return { regions: [source.region, destination.region], tenants: [...tenants] };
}

/**
 * Opens the reserved image. In a run that a reset has made, the image may be gone, because the earlier run
 * had failed or was cancelled. It is then reserved again.
 * @throws StoreError `spoilt` if the image's id cannot be used again, `conflict` if the object's path is
 * taken
 */
async function openSink(
  client: Client,
  to: ImageDestination,
  { ref, copy, isObject }: { ref: DestinationRef; copy: ImageRecord; isObject: boolean },
): Promise<ImageSink> {
  const attempt = attemptNumber();
  const open = () => to.openSink(ref, attempt, copy.size);
  return open().catch(async (error) => {
    if (isFirstRun(ref) || !isStoreError(error, 'not_found')) throw error;
    await reserve(client, to, ref, copy).catch((refused) => {
      // A Glance never accepts an image id again, so the job has to go on with another id. An object has no
      // other id: its id is its path.
      const isTaken = !isObject && isStoreError(refused, 'conflict');
      throw isTaken ? new StoreError('spoilt', refused.message, { cause: refused }) : refused;
    });
    return open();
  });
}

/**
 * The longest wait for room in the spool, and the longest for memory; milliseconds. After that, the attempt
 * fails, so that its slot becomes free. The copy that has the room or the memory may need a slot to end.
 */
const MAX_WAIT = 30_000;

/**
 * Opens the copy's file in the spool, and waits if there is no room for it. Returns `null` if the worker has
 * no spool, the copy needs no file, or the copy is larger than the whole spool.
 */
async function openSpoolFile(
  { spool }: Dependencies,
  sink: ImageSink,
  { mark, image_id }: DestinationRef,
  size: number,
  onWait: (fault: StoreError) => void,
): Promise<PartSink | null> {
  if (spool === null || sink.kind !== 'stream' || sink.whole !== null) return null;
  const copy = { workflow_id: currentRun().workflowId, mark, image_id };
  const message = "waiting for room in the worker's spool";
  return waitForShared(message, onWait, (signal, wait) =>
    spool.open(copy, attemptNumber(), size, signal, wait),
  );
}

/** Takes memory, and waits while other copies hold too much of it. */
async function takeMemory(
  { memory }: Links,
  demand: MemoryDemand,
  onWait: (fault: StoreError) => void,
): Promise<MemoryGrant> {
  const message = 'waiting for memory that other copies of the worker have';
  return waitForShared(message, onWait, (signal, wait) => memory.take(demand, signal, wait));
}

/**
 * Waits for something that other copies have taken. If it is not free after `MAX_WAIT`, throws `unavailable`
 * with the message.
 */
async function waitForShared<T>(
  message: string,
  onWait: (fault: StoreError) => void,
  wait: (signal: AbortSignal, onWait: () => void) => Promise<T>,
): Promise<T> {
  const fault = new StoreError('unavailable', message, { side: 'destination' });
  const patience = AbortSignal.timeout(MAX_WAIT);
  const signal = AbortSignal.any([Context.current().cancellationSignal, patience]);
  try {
    return await wait(signal, () => onWait(fault));
  } catch (error) {
    // A later attempt may have adopted this transfer. If this attempt is cancelled, the later attempt gets
    // the same error. So the error has to be one that is retried.
    throw signal.aborted ? fault : error;
  }
}
