import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { CopyPlan, TransferProgress } from '../src/copy-job/index.ts';
import { copyOf, digestsOf, type ImageRecord } from '../src/image/index.ts';
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

/**
 * Opens both ends of a copy, and the spool where it needs one, takes memory, and starts to move bytes.
 * `onWait` is told what the copy has to wait for.
 */
export async function openTransfer(
  deps: Dependencies,
  plan: CopyPlan,
  ref: DestinationRef,
  { record, pin }: InspectedImage,
  progress: TransferProgress,
  onWait: (fault: StoreError) => void,
): Promise<Transfer> {
  const { regions, limits, digests, links } = deps;
  const from = storeOf(regions, plan, 'source');
  const to = storeOf(regions, plan, 'destination');
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(resource: T): T => {
    opened.push(resource);
    return resource;
  };
  try {
    const open = () =>
      openSink(deps.client, to, ref, copyOf(record, plan.destination, plan.source.tenant_id));
    const sink = keep(await atSide('destination', open));
    const asked = Date.now();
    const spool = await openSpoolFile(deps, sink, ref, record.size, onWait);
    if (spool !== null) keep(spool);
    const reader = keep(await atSide('source', () => from.openReader(plan.source, pin, digestsOf(record))));
    const regionNames = [plan.source.region, plan.destination.region];
    const link = links.open({ from: reader.endpoint, to: endpointOf(sink), regions: regionNames });
    const ends = { reader, sink, spool, size: record.size, link };
    const memory = keep(await takeMemory(links, memoryDemand(ends), onWait));
    return startTransfer({
      ...ends,
      memory,
      expected: digestsOf(record),
      reported: progress.ranges,
      // Nothing could move while there was no room.
      movedAt: progress.moved_at + Date.now() - asked,
      patience: { stall_after: limits.stallAfter, give_up_after: limits.giveUpAfter },
      digests,
    });
  } catch (error) {
    await Promise.allSettled(opened.map((resource) => resource.close()));
    throw error;
  }
}

/**
 * Opens what was reserved. A run that a reset has made may find it gone, for the run before has been
 * cancelled, or has failed: it reserves it anew.
 */
async function openSink(
  client: Client,
  to: ImageDestination,
  ref: DestinationRef,
  copy: ImageRecord,
): Promise<ImageSink> {
  const attempt = attemptNumber();
  const open = () => to.openSink(ref, attempt, copy.size);
  return open().catch(async (error) => {
    if (isFirstRun(ref) || !(error instanceof StoreError) || error.code !== 'not_found') throw error;
    await reserve(client, to, ref, copy).catch((refused) => {
      // A Glance takes no id twice.
      const isTaken = refused instanceof StoreError && refused.code === 'conflict';
      throw isTaken ? new StoreError('spoilt', refused.message, { cause: refused }) : refused;
    });
    return open();
  });
}

/**
 * For so long an attempt waits for room; then it leaves its slot to others, who may be about to make some.
 */
const MAX_WAIT = 30_000;

/** Opens the copy's file in the spool, where the sink needs one, and waits for room rather than failing. */
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

/** Waits for memory that other copies have, rather than take more than the worker may. */
async function takeMemory(
  { memory }: Links,
  demand: MemoryDemand,
  onWait: (fault: StoreError) => void,
): Promise<MemoryGrant> {
  const message = 'waiting for memory that other copies of the worker have';
  return waiting(message, onWait, (signal, wait) => memory.take(demand, signal, wait));
}

/** Waits for something that other copies have, for `MAX_WAIT`; then throws a fault with the message. */
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
    // An attempt that adopts this one is not cancelled with it.
    throw signal.aborted ? fault : error;
  }
}
