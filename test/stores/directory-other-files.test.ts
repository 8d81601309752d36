/** Tests files of other kinds, such as pipes and sockets, in the place of a regular file or a folder. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type DirectoryUnderTest, openDirectory } from './directory-under-test.ts';
import { anyone, listed } from './store-under-test.ts';

const DATA = randomBytes(1_500_000);
const run = promisify(execFile);

let underTest: DirectoryUnderTest;
beforeEach(async () => {
  underTest = await openDirectory();
});
afterEach(() => underTest.close());

/** For each kind of file, a function that makes one at a path. */
const OTHER_KINDS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'a link': async (path) => {
    await rename(path, `${path}.real`);
    await symlink(`${path}.real`, path);
  },
  'a folder': (path) => rm(path).then(() => mkdir(path)),
  'a pipe': (path) => rm(path).then(() => run('mkfifo', [path])),
  'a socket': async (path) => {
    await rm(path);
    const server = createServer().listen(path);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
  },
};

test.each(
  Object.keys(OTHER_KINDS).flatMap((kind) => ['data', 'image.json'].map((name) => [kind, name] as const)),
)('%s in the place of %s makes the image invalid, at once and for good', async (kind, name) => {
  const { id } = await underTest.addImage(DATA);
  const { pin } = await underTest.store.inspect(anyone(id));
  await OTHER_KINDS[kind]?.(join(underTest.root, id, name));
  const message = expect.stringContaining(`image ${id}: '${name}' is `);
  const refusal = { code: 'invalid_image', retryable: false, message };
  await expect(underTest.store.inspect(anyone(id))).rejects.toMatchObject(refusal);
  if (name !== 'data') return;
  await expect(underTest.store.openReader(anyone(id), pin)).rejects.toMatchObject(refusal);
});

test.runIf(process.getuid?.() === 0)(
  'a device in the place of the data makes the image invalid',
  async () => {
    const { id } = await underTest.addImage(DATA);
    const data = join(underTest.root, id, 'data');
    await rm(data);
    // This device is like /dev/zero, which never ends. Only root may make one.
    await run('mknod', [data, 'c', '1', '5']);
    await expect(underTest.store.inspect(anyone(id))).rejects.toMatchObject({ code: 'invalid_image' });
  },
);

test('a link in the place of the folder of an image is not followed', async () => {
  const { id } = await underTest.addImage(DATA);
  const { pin } = await underTest.store.inspect(anyone(id));
  const folder = join(underTest.root, id);
  await rename(folder, `${underTest.root}.elsewhere`);
  await symlink(`${underTest.root}.elsewhere`, folder);
  const message = `image ${id}: its folder is a link, which is not followed`;
  const refusal = { code: 'invalid_image', message };
  await expect(underTest.store.inspect(anyone(id))).rejects.toMatchObject(refusal);
  await expect(underTest.store.openReader(anyone(id), pin)).rejects.toMatchObject(refusal);
  expect(await listed(underTest.store)).toEqual([]);
});
