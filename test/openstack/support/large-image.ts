import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { callGlance, imageUrl } from './images.ts';

const BLOCK = 8 * 1024 * 1024;

/**
 * Makes a raw image of a user with `blocks` times 8 MiB. The bytes are random, and each block contains its
 * number.
 */
export async function addLargeImage(region: string, user: { readonly token: string }, blocks: number) {
  const id = randomUUID();
  const fields = { id, name: 'large', disk_format: 'raw', container_format: 'bare' };
  await callGlance(region, user, 'POST', '', { body: JSON.stringify(fields) });
  const sha512 = createHash('sha512');
  const answer = await request(`${await imageUrl(region)}/v2/images/${id}/file`, {
    method: 'PUT',
    headers: {
      'x-auth-token': user.token,
      'content-type': 'application/octet-stream',
      'content-length': String(blocks * BLOCK),
    },
    body: Readable.from(
      numbered(blocks, (block) => sha512.update(block)),
      { objectMode: false },
    ),
    headersTimeout: 0,
  });
  if (answer.statusCode !== 204) throw new Error(`upload: ${answer.statusCode} ${await answer.body.text()}`);
  await answer.body.dump();
  return { id, size: blocks * BLOCK, sha512: sha512.digest('hex') };
}

async function* numbered(blocks: number, seen: (block: Buffer) => void): AsyncGenerator<Buffer> {
  const random = randomBytes(BLOCK);
  for (let number = 0; number < blocks; number += 1) {
    // Each block has memory of its own, because the socket may still use the block before it.
    const block = Buffer.from(random);
    block.writeUInt32BE(number, 0);
    seen(block);
    yield block;
  }
}
