import { createHash, randomUUID } from 'node:crypto';
import { digestsOf, type ImageRecord } from '../image/index.ts';
import type { ImageSink } from './data-port.ts';
import type { ImageStore } from './image-store.ts';
import type { Leftover } from './leftover.ts';
import { newRecord } from './new-record.ts';
import type { ObjectStore } from './object-port.ts';
import type { DestinationRef, ImageDestination } from './port.ts';
import { isStoreError, StoreError } from './store-error.ts';

/** The steps of a trial, in their order. */
export type TrialStep =
  | 'list'
  | 'room'
  | 'reserve'
  | 'write'
  | 'find'
  | 'clock'
  | 'commit'
  | 'read'
  | 'remove';

/** A step of a trial, with the error with which it failed; `null` if it succeeded. */
interface Tried {
  readonly step: TrialStep;
  readonly error: unknown;
}

type Steps = readonly (readonly [TrialStep, () => Promise<void>])[];

/**
 * Name of a trial's image. It is also the id of the owner if the trial is made for no tenant. No tenant has
 * this id, so no tenant sees the image.
 */
const NAME = 'image-replicator-check';
/** The property of a trial's image that has the trial's mark. */
const PROPERTY = 'image_replicator_check';
const DATA = Buffer.alloc(64 * 1024, 'image-replicator check\n');
/** Age in milliseconds after which no trial can still be at work on its image. */
const ABANDONED = 10 * 60_000;
/** Maximum difference of two clocks that is no error; milliseconds. */
const MAX_SKEW = 60_000;
/** Maximum time to look through a list; milliseconds. */
const MAX_LISTING = 60_000;

/**
 * Makes a small image in a store as a copy does, reads it back, and removes it. Yields each step that was
 * tried. If a step other than `clock` fails, the next step is `remove`. If this process dies, the sweep finds
 * the image in the making by its mark, except in a Glance. A later trial removes a committed image.
 */
export async function* tryImages(store: ImageStore, tenantId: string | null): AsyncGenerator<Tried> {
  const mark = randomUUID();
  const record = trialRecord(randomUUID(), mark, tenantId ?? NAME);
  const ref = { image_id: record.id, tenant_id: tenantId, mark, digests: digestsOf(record) };
  const clock: Clock = { before: 0, changed: null };
  yield* inOrder(
    [
      ['list', () => removeEarlier(store, tenantId)],
      ['room', async () => store.checkRoom?.(tenantId, DATA.length)],
      ['reserve', () => store.prepare(ref, 1, record)],
      ['write', () => timed(clock, () => fill(store, ref))],
      ['find', () => find(store.leftovers(only(ref)), ref, clock)],
      ['clock', async () => assertClock(clock)],
      ['commit', () => store.commit({ ...ref, committing: true }, 2, record)],
      ['read', () => readBack(store, ref)],
    ],
    async () => {
      await store.discard({ ...ref, committing: true }, 3);
      await store.inspect(ref).then(
        () => refuse('the image is still there after its removal'),
        (error) => {
          if (!isStoreError(error, 'not_found')) throw error;
        },
      );
    },
  );
}

/**
 * Makes a small object in a store up to the moment before it would appear, and removes it. Yields each step
 * that was tried, as `tryImages` does.
 */
export async function* tryObjects(store: ObjectStore): AsyncGenerator<Tried> {
  const mark = randomUUID();
  const record = trialRecord(`${NAME}-${mark}`, mark, NAME);
  const ref = { image_id: record.id, tenant_id: null, mark, digests: digestsOf(record) };
  const clock: Clock = { before: 0, changed: null };
  yield* inOrder(
    [
      ['list', async () => void (await store.list('', null)[Symbol.asyncIterator]().next())],
      ['reserve', () => store.prepare(ref, 1, record)],
      ['write', () => timed(clock, () => fillAndFlush(store, ref))],
      ['find', () => find(store.leftovers(), ref, clock)],
      ['clock', async () => assertClock(clock)],
    ],
    () => store.discard(ref, 3),
  );
}

async function* inOrder(steps: Steps, remove: () => Promise<void>): AsyncGenerator<Tried> {
  for (const [step, run] of steps) {
    const error = await errorOf(run);
    yield { step, error };
    // Copies work even if a clock is wrong.
    if (error !== null && step !== 'clock') break;
  }
  yield { step: 'remove', error: await errorOf(remove) };
}

/** Returns the error with which a step fails; `null` if it succeeds. */
function errorOf(run: () => Promise<void>): Promise<unknown> {
  return run().then(
    () => null,
    (error: unknown) => error,
  );
}

function trialRecord(id: string, mark: string, owner: string): ImageRecord {
  return newRecord({
    id,
    name: NAME,
    owner,
    size: DATA.length,
    os_hash_algo: 'sha512',
    os_hash_value: createHash('sha512').update(DATA).digest('hex'),
    properties: { [PROPERTY]: mark },
  });
}

/**
 * Removes images that earlier trials have committed and not removed. A store removes such an image only if it
 * has the mark or the digests of its trial.
 */
async function removeEarlier(store: ImageStore, tenantId: string | null): Promise<void> {
  const deadline = Date.now() + MAX_LISTING;
  for await (const image of store.images(tenantId)) {
    if (Date.now() > deadline) return;
    const { id, name, size, properties, created_at } = image;
    const { [PROPERTY]: mark } = properties;
    const isOver = Date.parse(created_at) < Date.now() - ABANDONED;
    if (mark === undefined || name !== NAME || size !== DATA.length || !isOver) continue;
    const ref = { image_id: id, tenant_id: tenantId, mark, digests: digestsOf(image) };
    await store.discard({ ...ref, committing: true }, 3);
  }
}

async function fill(
  store: ImageDestination,
  ref: DestinationRef,
  { readsBack = false }: { readonly readsBack?: boolean } = {},
): Promise<void> {
  const sink = await store.openSink(ref, 1, DATA.length);
  try {
    await fillSink(sink);
    if (!readsBack || sink.kind === 'stream') return;
    const read = Buffer.alloc(DATA.length);
    await sink.readBack(0, read, new AbortController().signal);
    assertSame(read);
  } finally {
    await sink.close();
  }
}

/** Writes as a task does: a large object, and the flush that follows small ones. */
async function fillAndFlush(store: ObjectStore, ref: DestinationRef): Promise<void> {
  await fill(store, ref, { readsBack: true });
  await store.flush();
}

async function fillSink(sink: ImageSink): Promise<void> {
  const { signal } = new AbortController();
  if (sink.kind === 'stream') {
    return sink.upload(
      (async function* () {
        yield DATA;
      })(),
      signal,
    );
  }
  if (sink.kind === 'blocks') {
    await sink.put([0, DATA.length], DATA, signal);
    return sink.flush(signal);
  }
  await sink.write(0, DATA);
  await sink.complete([0, DATA.length]);
  return sink.flush();
}

async function readBack(store: ImageStore, ref: DestinationRef): Promise<void> {
  const { record, pin } = await store.inspect(ref);
  const reader = await store.openReader(ref, pin, { digests: digestsOf(record) });
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of reader.read([0, record.size], new AbortController().signal)) {
      chunks.push(Uint8Array.from(chunk));
    }
    assertSame(Buffer.concat(chunks));
  } finally {
    await reader.close();
  }
}

function assertSame(read: Buffer): void {
  if (!read.equals(DATA)) refuse('the bytes that were read are not those that were written');
}

/** The time of a write, by two clocks. */
interface Clock {
  /** Right before the write, by this machine's clock; milliseconds. */
  before: number;
  /** When the data was changed, by the store's clock; `null` if the data was not found. */
  changed: Date | null;
}

async function timed(clock: Clock, write: () => Promise<void>): Promise<void> {
  clock.before = Date.now();
  await write();
}

async function* only(ref: DestinationRef): AsyncGenerator<DestinationRef> {
  yield ref;
}

/** Looks for the written data among the leftovers, as the sweep does, and notes when it was changed. */
async function find(leftovers: AsyncIterable<Leftover>, ref: DestinationRef, clock: Clock): Promise<void> {
  const deadline = Date.now() + MAX_LISTING;
  for await (const { mark, changed } of leftovers) {
    if (mark === ref.mark) {
      clock.changed = changed;
      return;
    }
    if (Date.now() > deadline)
      refuse(`the data was not found within ${MAX_LISTING / 1000} s: there are too many other leftovers`);
  }
  refuse('the data was not found, so the sweep would not find it either');
}

function assertClock({ before, changed }: Clock): void {
  if (changed === null) return;
  const ahead = changed.getTime() - Date.now();
  const behind = before - changed.getTime();
  const skew = Math.max(ahead, behind);
  if (skew <= MAX_SKEW) return;
  const where = ahead > 0 ? 'ahead of' : 'behind';
  refuse(`the store's clock is ${Math.round(skew / 1000)} s ${where} this machine's; set both by NTP`);
}

function refuse(message: string): never {
  throw new StoreError('unavailable', message);
}
