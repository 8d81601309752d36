import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ImageRecord } from '../../src/image/index.ts';
import type { PartSink, StreamSink } from '../../src/stores/index.ts';
import { openSpool, type Spool } from '../../src/stores/index.ts';
import { createDigestPool, type DigestPool, type Transfer } from '../../src/transfer/index.ts';
import { openDirectory } from '../stores/directory-under-test.ts';
import { anyone } from '../stores/store-under-test.ts';
import { faultyReader, type ReaderFaults, type WatchedReader } from '../support/fault-store.ts';
import {
  type CountedSink,
  type Upload,
  type UploadHooks,
  type UploadServer,
  uploadServer,
} from '../support/upload-server.ts';
import { Attempts, type CommonOptions } from './attempts.ts';

export interface StreamAttempt {
  readonly transfer: Transfer;
  readonly reader: WatchedReader;
  readonly sink: CountedSink;
}

interface AttemptOptions extends CommonOptions {
  /** The name of the source's endpoint. Without one, the source is on this machine. */
  readonly endpoint?: string;
  readonly reads?: ReaderFaults;
  readonly inOrder?: boolean;
  readonly whole?: StreamSink['whole'];
  readonly spooled?: boolean;
}

/** An image in a directory store that is copied to an HTTP server for uploads. */
export interface StreamRig {
  readonly image: ImageRecord;
  readonly server: UploadServer;
  readonly digests: DigestPool;
  readonly spool: Spool;
  /** The path of the data in the spool. */
  readonly spooledData: string;
  /** Starts the next attempt at the transfer. It is stopped when the test ends. */
  attempt(options?: AttemptOptions): Promise<StreamAttempt>;
  /** Opens the file of the spool as the next attempt finds it. */
  spoolFile(): Promise<PartSink>;
  /** Returns the last upload. */
  upload(): Upload;
}

export async function streamRig(data: Uint8Array, hooks: UploadHooks = {}): Promise<StreamRig> {
  const [source, server] = await Promise.all([openDirectory(), uploadServer(hooks)]);
  const path = await mkdtemp(join(tmpdir(), 'image-replicator-spool-'));
  const digests = createDigestPool(1);
  const spool = openSpool({ path, bytes: 2 ** 40 });
  const attempts = new Attempts(digests);
  const { signal } = new AbortController();
  let opened = 0;
  onTestFinished(async () => {
    await attempts.stop();
    await Promise.all([source.close(), server.close(), digests.close()]);
    await rm(path, { recursive: true, force: true });
  });
  const image = await source.addImage(data);
  const { pin } = await source.store.inspect(anyone(image.id));
  const copy = { workflow_id: 'job', mark: 'mark', image_id: 'copy' };
  const spoolFile = async () => {
    const file = await spool.open(copy, ++opened, data.length, signal, () => {});
    if (file === null) throw new Error('the spool is too small');
    return file;
  };
  return {
    image,
    server,
    digests,
    spool,
    spooledData: join(path, encodeURIComponent('mark copy'), 'data'),
    spoolFile,
    async attempt({ reads, inOrder, whole, spooled, endpoint, ...options } = {}) {
      const opened = await source.store.openReader(anyone(image.id), pin);
      const far = endpoint === undefined ? opened : { ...opened, endpoint };
      const reader = faultyReader(inOrder ? { ...far, inOrder } : far, reads);
      const sink = server.sink(data.length, whole);
      const ends = { reader, sink, spool: spooled ? await spoolFile() : null, size: data.length };
      const transfer = attempts.start(image, ends, options);
      return { transfer, reader, sink };
    },
    upload() {
      const last = server.uploads.at(-1);
      if (last === undefined) throw new Error('nothing was uploaded');
      return last;
    },
  };
}
