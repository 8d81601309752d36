import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

/** What the main thread asks of this one, and what it answers with. */
export type DigestMessage =
  | { readonly type: 'update'; readonly id: number; readonly buffer: ArrayBuffer; readonly length: number }
  | { readonly type: 'finish'; readonly id: number }
  | { readonly type: 'drop'; readonly id: number };
export type DigestReply =
  | { readonly id: number; readonly buffer: ArrayBuffer }
  | { readonly id: number; readonly digest: string };

const hashes = new Map<number, Hash>();

parentPort?.on('message', (message: DigestMessage) => {
  const hash = hashes.get(message.id) ?? createHash('sha512');
  if (message.type === 'update') {
    hashes.set(message.id, hash.update(new Uint8Array(message.buffer, 0, message.length)));
    reply({ id: message.id, buffer: message.buffer }, [message.buffer]);
    return;
  }
  hashes.delete(message.id);
  if (message.type === 'finish') reply({ id: message.id, digest: hash.digest('hex') });
});

function reply(message: DigestReply, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}
