import { Context } from '@temporalio/activity';
import { onTestFinished } from 'vitest';
import type { ByteRange } from '../../src/image/index.ts';
import type { ImageStore, PartReader, Watch } from '../../src/stores/index.ts';
import { waitFor } from '../../src/wait/index.ts';

type StoreCall = 'inspect' | 'openReader' | 'prepare' | 'openSink' | 'commit' | 'discard';

/** Hooks around the store calls for one image. Each hook may wait, fail, repeat the call, or pass it on. */
export type StoreHooks = {
  readonly [Call in StoreCall]?: (
    call: () => ReturnType<ImageStore[Call]>,
    watch?: Watch,
  ) => ReturnType<ImageStore[Call]>;
};

/** A hook around the activities of one job. */
export type ActivityHook = (call: () => Promise<unknown>, name: string) => Promise<unknown>;

/** Returns a store whose calls pass through the hooks of the image that they concern. */
export function hookStore(store: ImageStore, hooks: ReadonlyMap<string, StoreHooks>): ImageStore {
  return {
    ...store,
    inspect: (ref) => around(hooks.get(ref.image_id)?.inspect, () => store.inspect(ref)),
    openReader: (ref, pin, options) =>
      around(hooks.get(ref.image_id)?.openReader, () => store.openReader(ref, pin, options)),
    prepare: (ref, attempt, image) =>
      around(hooks.get(ref.image_id)?.prepare, () => store.prepare(ref, attempt, image)),
    openSink: (ref, attempt, size) =>
      around(hooks.get(ref.image_id)?.openSink, () => store.openSink(ref, attempt, size)),
    commit: (ref, attempt, record, watch) =>
      around(hooks.get(ref.image_id)?.commit, () => store.commit(ref, attempt, record, watch), watch),
    discard: (ref, attempt, watch) =>
      around(hooks.get(ref.image_id)?.discard, () => store.discard(ref, attempt, watch), watch),
  };
}

type Hook<T> = (call: () => T, watch?: Watch) => T;

function around<T>(hook: Hook<T> | undefined, call: () => T, watch?: Watch): T {
  return hook === undefined ? call() : hook(call, watch);
}

type Activity = (...args: never[]) => Promise<unknown>;

/** Returns activities whose calls pass through the hook of their job. */
export function hookActivities<A extends Record<string, Activity>>(
  activities: A,
  hooks: ReadonlyMap<string, ActivityHook>,
): A {
  const hooked = Object.entries(activities).map(([name, activity]): [string, Activity] => [
    name,
    (...args) => {
      const hook = hooks.get(Context.current().info.workflowExecution?.workflowId ?? '');
      const call = () => activity(...args);
      return hook === undefined ? call() : hook(call, name);
    },
  ]);
  return Object.fromEntries(hooked) as A;
}

/** Returns activities that are created anew for each call. */
export function eachAnew<A extends Record<string, Activity>>(create: () => A): A {
  const anew = (name: string): [string, Activity] => [
    name,
    (...args) => create()[name]?.(...args) ?? Promise.reject(new Error(`no activity ${name}`)),
  ];
  return Object.fromEntries(Object.keys(create()).map(anew)) as A;
}

/** A gate at which something waits until the test lets it pass, or until the test ends. */
export interface Gate {
  /** Resolves when a caller has come to the gate. */
  readonly reached: Promise<void>;
  /** Waits at the gate. */
  pass(signal?: AbortSignal): Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  onTestFinished(() => opened.resolve());
  return {
    reached: reached.promise,
    open: opened.resolve,
    async pass(signal) {
      reached.resolve();
      await waitFor(opened.promise, signal);
    },
  };
}

/** Returns hooks that hold a call at a gate, either before its effect or after it. */
export function holding(call: StoreCall, at: Gate, when: 'before' | 'after' = 'before'): StoreHooks {
  const hook = async (original: () => Promise<unknown>) => {
    if (when === 'before') await at.pass();
    const result = await original();
    if (when === 'after') await at.pass();
    return result;
  };
  return { [call]: hook } as StoreHooks;
}

/** Returns a reader that calls `beforeChunk` with a chunk's range before it hands out the chunk. */
export function watchReader(
  reader: PartReader,
  beforeChunk: (chunk: ByteRange, signal: AbortSignal) => Promise<void> | void,
): PartReader {
  return {
    ...reader,
    async *read(range, signal) {
      let at = range[0];
      for await (const chunk of reader.read(range, signal)) {
        await beforeChunk([at, at + chunk.length], signal);
        at += chunk.length;
        yield chunk;
      }
    },
  };
}

/** Returns hooks that hold a transfer at a gate after `chunks` chunks of 1 MiB. */
export function holdingTransfer(at: Gate, chunks: number): StoreHooks {
  let passed = 0;
  return {
    openReader: async (call) =>
      watchReader(await call(), async (_chunk, signal) => {
        if (passed++ >= chunks) await at.pass(signal);
      }),
  };
}
