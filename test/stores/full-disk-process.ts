/** A program for a process on a small disk: it makes images in `argv[2]`, and prints the results as JSON. */

import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from '../../src/memory/index.ts';
import { directoryDriver } from '../../src/stores/directory/index.ts';
import { makeImage, openPartSink } from './make-image.ts';
import { codeOf, dataOf, FIRST, LAST, listed, newRef, recordOf } from './store-under-test.ts';

const root = process.argv[2] ?? '';
const store = directoryDriver.open({ path: root }, '/');
const ref = newRef();
const size = 64 * MIB;
const codes: string[] = [];

const record = recordOf(Buffer.alloc(0), { id: ref.image_id, size, name: 'x'.repeat(100_000) });

await store.prepare(ref, FIRST, record);
const sink = await openPartSink(store, ref, 1, size);
let at = 0;
while (codes.length === 0 && at < size) {
  const code = await codeOf(sink.write(at, randomBytes(MIB)));
  if (code === 'success') at += MIB;
  else codes.push(code);
}
codes.push(await codeOf(sink.complete([0, at])));
await sink.close();
// Pretends that the transfer has ended, so that there is something to commit.
await writeFile(join(root, `.${ref.image_id}.partial`, 'whole'), '');
codes.push(await codeOf(store.commit(ref, LAST, record)));
const visible = await listed(store);
await store.discard(ref, LAST);
const left = await readdir(root);

const small = newRef();
const data = randomBytes(MIB);
await makeImage(store, small, data);
const wholeAfterwards = (await dataOf(store, small.image_id)).equals(data);
console.log(JSON.stringify({ written: at, codes, visible: visible.length, left, wholeAfterwards }));
