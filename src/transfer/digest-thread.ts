import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { Algorithm, Digests } from '../image/index.ts';

/**
 * A message from the main thread. This thread replies once to each `update` and once to `finish`. `others`
 * are the algorithms that are computed beside the sha512. Only the first message about a digest chooses them.
 */
export type DigestMessage =
  | { readonly type: 'update'; readonly id: number; readonly others: Others; readonly bytes: Uint8Array }
  | { readonly type: 'finish'; readonly id: number; readonly others: Others }
  | { readonly type: 'drop'; readonly id: number };
/** A reply of this thread. The reply to `finish` has the digests. */
export type DigestReply = { readonly id: number; readonly digests?: Digests };
type Others = readonly Algorithm[];

type Hashes = ReadonlyMap<Algorithm, Hash>;

const running = new Map<number, Hashes>();

parentPort?.on('message', (message: DigestMessage) => {
  const { id } = message;
  if (message.type === 'update') {
    const hashes = running.get(id) ?? startHashes(message.others);
    for (const hash of hashes.values()) hash.update(message.bytes);
    running.set(id, hashes);
    reply({ id });
    return;
  }
  const hashes = running.get(id);
  running.delete(id);
  if (message.type === 'finish') reply({ id, digests: digestsFrom(hashes ?? startHashes(message.others)) });
});

function startHashes(others: Others): Hashes {
  return new Map(['sha512' as const, ...others].map((algorithm) => [algorithm, createHash(algorithm)]));
}

function digestsFrom(hashes: Hashes): Digests {
  const sha256 = hashes.get('sha256')?.digest('hex');
  return {
    sha512: hashes.get('sha512')?.digest('hex') ?? null,
    md5: hashes.get('md5')?.digest('hex') ?? null,
    ...(sha256 !== undefined && { sha256 }),
  };
}

function reply(message: DigestReply): void {
  parentPort?.postMessage(message);
}
