import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { Digests } from '../image/index.ts';

/** What the main thread asks of this one, and what it answers with: each update, and the end, once. */
export type DigestMessage =
  | { readonly type: 'update'; readonly id: number; readonly md5: boolean; readonly bytes: Uint8Array }
  | { readonly type: 'finish'; readonly id: number; readonly md5: boolean }
  | { readonly type: 'drop'; readonly id: number };
export type DigestReply = { readonly id: number; readonly digests?: Digests };

interface Hashes {
  readonly sha512: Hash;
  readonly md5: Hash | null;
}

const running = new Map<number, Hashes>();

parentPort?.on('message', (message: DigestMessage) => {
  const { id } = message;
  if (message.type === 'update') {
    const hashes = running.get(id) ?? startHashes(message.md5);
    hashes.sha512.update(message.bytes);
    hashes.md5?.update(message.bytes);
    running.set(id, hashes);
    reply({ id });
    return;
  }
  const hashes = running.get(id);
  running.delete(id);
  if (message.type === 'finish') {
    const { sha512, md5 } = hashes ?? startHashes(message.md5);
    reply({ id, digests: { sha512: sha512.digest('hex'), md5: md5?.digest('hex') ?? null } });
  }
});

function startHashes(md5: boolean): Hashes {
  return { sha512: createHash('sha512'), md5: md5 ? createHash('md5') : null };
}

function reply(message: DigestReply): void {
  parentPort?.postMessage(message);
}
