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
  type PartSink,
  StoreError,
} from '../src/stores/index.ts';
import {
  type Ends,
  endpointOf,
  type Links,
  type MemoryDemand,
  type MemoryGrant,
  memoryDemand,
  startTransfer,
  type Transfer,
} from '../src/transfer/index.ts';
import type { Dependencies } from './dependencies.ts';
import { attemptNumber, isFirstRun } from './lease.ts';
import { storeOf } from './region-of.ts';
import { reserve } from './reserve.ts';

/** The copy that a transfer is a part of. */
export interface TransferOptions {
  readonly plan: CopyPlan;
  readonly ref: DestinationRef;
  readonly image: InspectedImage;
  /** The progress of earlier attempts. */
  readonly progress: TransferProgress;
  /** Called with a fault that says what the copy waits for. */
  readonly onWait: (fault: StoreError) => void;
}

/** Opens both ends of a copy and, if it needs one, the spool; takes memory, and starts to move bytes. */
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
    const sink = keep(await atSide('destination', open));
    const asked = Date.now();
    const spool = await openSpoolFile(deps, sink, ref, record.size, onWait);
    if (spool !== null) keep(spool);
    const reader = keep(await atSide('source', () => from.openReader(plan.source, pin, digestsOf(record))));
    const link = links.open({ from: reader.endpoint, to: endpointOf(sink), ...orderOf(plan) });
    const ends = { reader, sink, spool, size: record.size, link };
    const memory = keep(await takeMemory(links, memoryDemand(ends), onWait));
    const transfer = startTransfer({
      ...ends,
      memory,
      expected: digestsOf(record),
      reported: progress.ranges,
      // While there was no room, nothing could move.
      movedAt: progress.moved_at + Date.now() - asked,
      patience: { stall_after: limits.stallAfter, give_up_after: limits.giveUpAfter },
      digests,
    });
    tellRepeated(deps, plan, progress, transfer);
    return transfer;
  } catch (error) {
    await Promise.allSettled(opened.map((resource) => resource.close()));
    throw error;
  }
}

/** Tells how much of what is delivered already a transfer delivers once more. */
function tellRepeated(
  { onRepeat }: Dependencies,
  { destination }: CopyPlan,
  { ranges }: TransferProgress,
  { ledger }: Transfer,
): void {
  const bytes = coveredBytes(ranges) - ledger.bytes;
  if (bytes > 0) onRepeat?.(destination.region, bytes);
}

/** Returns whose limits a copy has to keep to. */
function orderOf({ source, destination }: CopyPlan): Pick<Ends, 'regions' | 'tenants'> {
  const tenants = new Set([source.tenant_id, destination.tenant_id].filter((id) => id !== null));
  return { regions: [source.region, destination.region], tenants: [...tenants] };
}

/**
 * Opens the reserved image. A run that a reset has made may find it gone, because the earlier run was
 * cancelled or has failed. It then reserves the image again.
 * @throws StoreError `spoilt` if the image's id cannot be used again, `conflict` if the object's path cannot
 */
async function openSink(
  client: Client,
  to: ImageDestination,
  { ref, copy, isObject }: { ref: DestinationRef; copy: ImageRecord; isObject: boolean },
): Promise<ImageSink> {
  const attempt = attemptNumber();
  const open = () => to.openSink(ref, attempt, copy.size);
  return open().catch(async (error) => {
    if (isFirstRun(ref) || !(error instanceof StoreError) || error.code !== 'not_found') throw error;
    await reserve(client, to, ref, copy).catch((refused) => {
      // A Glance takes no id twice. An object has its path and no other.
      const isTaken = !isObject && refused instanceof StoreError && refused.code === 'conflict';
      throw isTaken ? new StoreError('spoilt', refused.message, { cause: refused }) : refused;
    });
    return open();
  });
}

/**
 * How long an attempt waits for room; milliseconds. After that it leaves its slot to others, who may be about
 * to make some.
 */
const MAX_WAIT = 30_000;

/**
 * Opens the copy's file in the spool, and waits if there is no room. Returns `null` if the sink needs no
 * spool.
 */
async function openSpoolFile(
  { spool }: Dependencies,
  sink: ImageSink,
  { mark, image_id }: DestinationRef,
  size: number,
  onWait: (fault: StoreError) => void,
): Promise<PartSink | null> {
  if (spool === null || sink.kind !== 'stream' || sink.whole !== null) return null;
  const workflowId = Context.current().info.workflowExecution?.workflowId ?? '';
  const copy = { workflow_id: workflowId, mark, image_id };
  const message = "waiting for room in the worker's spool";
  return waiting(message, onWait, (signal, wait) => spool.open(copy, attemptNumber(), size, signal, wait));
}

/** Takes memory, and waits if other copies have all that the worker may use. */
async function takeMemory(
  { memory }: Links,
  demand: MemoryDemand,
  onWait: (fault: StoreError) => void,
): Promise<MemoryGrant> {
  const message = 'waiting for memory that other copies of the worker have';
  return waiting(message, onWait, (signal, wait) => memory.take(demand, signal, wait));
}

/**
 * Waits up to `MAX_WAIT` for something that other copies have. After that, throws `unavailable` with the
 * message.
 */
async function waiting<T>(
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
    // A later attempt that adopts this transfer is not cancelled with this one, so it gets a fault that may
    // pass.
    throw signal.aborted ? fault : error;
  }
}
