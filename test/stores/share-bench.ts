import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { DestinationRef, ObjectStore } from '../../src/stores/index.ts';
import { openShare, type ShareUnderTest } from './directory-objects-under-test.ts';
import { committing, copyFor, fillSink } from './make-image.ts';
import { bytesOf } from './objects-under-test.ts';
import { anyone, codeOf, digestsOfBytes, FIRST, LAST, newRef } from './store-under-test.ts';

/** The data of every object that the bench makes. */
export const DATA = randomBytes(300_000);
/** The content of a file outside of the share. */
export const SECRET = 'outside of the share';
const { signal } = new AbortController();

/** A fresh share for each test of a file, with short names for frequent calls. */
export interface ShareBench extends Omit<ShareUnderTest, 'close'> {
  /** The names of the calls that take a path. */
  readonly calls: readonly string[];
  /** Makes a call with a path. */
  run(name: string, path: string): Promise<unknown>;
  /** Makes a call with a path, and returns the code of its error, or `success`. */
  call(name: string, path: string): Promise<string>;
  /** Returns a reference to an object that a job is about to make from `DATA`. */
  refTo(path: string): DestinationRef;
  prepare(ref: DestinationRef): Promise<unknown>;
  commit(ref: DestinationRef): Promise<unknown>;
  /** Prepares an object, and writes its data. */
  fill(ref: DestinationRef): Promise<void>;
  /**
   * Makes a folder with a file outside of the share, to which no path of the share may lead. Returns the
   * folder.
   */
  outside(): Promise<string>;
}

/** Opens a share before each test of the file that calls this function, and closes it afterwards. */
export function freshShare(): ShareBench {
  let share: ShareUnderTest;
  beforeEach(async () => {
    share = await openShare();
  });
  afterEach(() => share.close());
  const refTo = (path: string) => newRef({ image_id: path, digests: digestsOfBytes(DATA) });
  const prepare = (ref: DestinationRef) => share.objects.prepare(ref, FIRST, copyFor(ref, DATA));
  const made = callsOf(
    () => share.objects,
    (path) => prepare(refTo(path)),
  );
  const run = (name: string, path: string) => made[name]?.(path) ?? Promise.reject();
  return {
    get root() {
      return share.root;
    },
    get objects() {
      return share.objects;
    },
    put: (path, data) => share.put(path, data),
    traces: () => share.traces(),
    everything: () => share.everything(),
    calls: Object.keys(made),
    run,
    call: (name, path) => codeOf(run(name, path)),
    refTo,
    prepare,
    commit: (ref) => share.objects.commit(committing(ref, DATA), LAST, copyFor(ref, DATA)),
    async fill(ref) {
      await prepare(ref);
      const sink = await share.objects.openSink(ref, 1, DATA.length);
      await fillSink(sink, DATA);
      await sink.close();
    },
    async outside() {
      const folder = join(share.root, '../outside');
      await mkdir(folder);
      await writeFile(join(folder, 'file'), SECRET);
      return folder;
    },
  };
}

/** Returns every call that takes a path. */
function callsOf(
  objects: () => ObjectStore,
  prepare: (path: string) => Promise<unknown>,
): Record<string, (path: string) => Promise<unknown>> {
  return {
    read: (path) => bytesOf(objects(), path),
    inspect: (path) => objects().inspect(anyone(path)),
    openReader: (path) => objects().openReader(anyone(path), 'pin'),
    write: (path) => objects().write(path, DATA, signal),
    prepare,
  };
}
