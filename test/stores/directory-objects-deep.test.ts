import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshShare } from './share-bench.ts';

const share = freshShare();

const NAME = 'd'.repeat(226);
/** Returns the key of the folder at a depth. */
const keyAt = (depth: number) => `${NAME}/`.repeat(depth);

/** Makes a folder in a folder, and so on, each with a file. Their paths may be too long for the kernel. */
function makeDeepTree(depth: number): void {
  let parent = openSync(share.root, 'r');
  for (let level = 1; level <= depth; level += 1) {
    const folder = `/proc/self/fd/${parent}/${NAME}`;
    mkdirSync(folder);
    writeFileSync(`${folder}/file`, '');
    const next = openSync(folder, 'r');
    closeSync(parent);
    parent = next;
  }
  closeSync(parent);
}

test('a folder whose path has more than 4096 bytes is listed with a fault, and not entered', async () => {
  makeDeepTree(25);
  await share.put('z', '');
  const listed = async (after: string | null) => {
    const entries: [string, string?][] = [];
    for await (const { path, fault } of share.objects.list('', after))
      entries.push(fault === undefined ? [path] : [path, fault.code]);
    return entries;
  };
  try {
    const files = Array.from({ length: 18 }, (_, at): [string] => [`${keyAt(at + 1)}file`]).reverse();
    expect(Buffer.byteLength(keyAt(18))).toBeLessThanOrEqual(4096);
    expect(await listed(null)).toEqual([[keyAt(19), 'invalid_image'], ...files, ['z']]);
    expect(await listed(keyAt(19))).toEqual([...files, ['z']]);
  } finally {
    // Node.js cannot remove folders with such long paths.
    execFileSync('rm', ['-r', join(share.root, NAME)]);
  }
});
