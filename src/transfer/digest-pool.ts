import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Algorithm, Digests } from '../image/index.ts';
import type { DigestMessage, DigestReply } from './digest-thread.ts';

/** The digests of some bytes. Another thread computes them, so the event loop stays free for heartbeats. */
export interface Digest {
  /** Resolves when the bytes are hashed. Bytes in shared memory MUST NOT change until then. */
  update(bytes: Uint8Array): Promise<void>;
  /** Returns the digests of all bytes. The digest MUST NOT be used any more. */
  finish(): Promise<Digests>;
  /** Stops computing the digest and frees its state. The digest MUST NOT be used any more. */
  drop(): void;
}

/** Threads that compute digests. */
export interface DigestPool {
  /** Starts to compute a sha512, and the other digests that are asked for. */
  create(others?: readonly Algorithm[]): Digest;
  close(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  /** By the id of each digest, its messages that await a reply, in order. */
  readonly waiting: Map<number, Pending[]>;
  /** The error with which the thread ended; `undefined` while it runs. */
  death: Error | undefined;
}

interface Pending {
  readonly resolve: (reply: DigestReply) => void;
  readonly reject: (error: Error) => void;
}

/** Returns a pool of up to `threads` threads. Each is started when a digest is first assigned to it. */
export function createDigestPool(threads: number): DigestPool {
  const started: Thread[] = [];
  let created = 0;
  return {
    create(others = []) {
      const id = created++;
      const slot = id % threads;
      const running = started[slot];
      const thread = running === undefined || running.death !== undefined ? startThread() : running;
      started[slot] = thread;
      return createDigest(thread, id, others);
    },
    async close() {
      await Promise.all(started.map((thread) => thread.worker.terminate()));
      started.length = 0;
    },
  };
}

function startThread(): Thread {
  const worker = new Worker(join(import.meta.dirname, `digest-thread${extname(import.meta.filename)}`));
  const waiting: Thread['waiting'] = new Map();
  const thread: Thread = { worker, waiting, death: undefined };
  worker.unref();
  worker.on('message', (reply: DigestReply) => waiting.get(reply.id)?.shift()?.resolve(reply));
  const failAll = (error: Error) => {
    thread.death ??= error;
    for (const pending of waiting.values()) for (const { reject } of pending.splice(0)) reject(error);
  };
  worker.on('error', failAll);
  worker.on('exit', () => failAll(new Error('the digest thread has ended')));
  return thread;
}

function createDigest(thread: Thread, id: number, others: readonly Algorithm[]): Digest {
  const { worker, waiting } = thread;
  waiting.set(id, []);
  const ask = (message: DigestMessage) =>
    new Promise<DigestReply>((resolve, reject) => {
      if (thread.death !== undefined) {
        reject(thread.death);
        return;
      }
      waiting.get(id)?.push({ resolve, reject });
      worker.postMessage(message);
    });
  return {
    async update(bytes) {
      await ask({ type: 'update', id, others, bytes });
    },
    async finish() {
      const { digests } = await ask({ type: 'finish', id, others });
      waiting.delete(id);
      if (digests === undefined) throw new Error('the digest thread answered out of turn');
      return digests;
    },
    drop() {
      waiting.delete(id);
      worker.postMessage({ type: 'drop', id } satisfies DigestMessage);
    },
  };
}
