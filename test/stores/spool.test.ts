import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { PartSink } from '../../src/stores/index.ts';
import { openSpool, type Spool } from '../../src/stores/index.ts';

const never = new AbortController().signal;
const copy = (name: string) => ({ workflow_id: `job-${name}`, mark: `mark-${name}`, image_id: name });

let path: string;
let spool: Spool;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'image-replicator-spool-'));
  spool = openSpool({ path, bytes: 1000 });
});
afterEach(() => rm(path, { recursive: true, force: true }));

/** Opens a file of the spool. Fails if it has to wait. */
async function opened(name: string, size: number, attempt = 1, from = spool): Promise<PartSink> {
  const wait = () => expect.unreachable('there is room');
  const file = await from.open(copy(name), attempt, size, never, wait);
  if (file === null) throw new Error('the spool is too small');
  onTestFinished(() => file.close());
  return file;
}

/**
 * Opens a file of the spool for which there is no room yet. `waits` resolves when the call has reported that
 * it waits.
 */
function waiting(name: string, size: number, from = spool) {
  const abort = new AbortController();
  const waits = Promise.withResolvers<void>();
  const file = from.open(copy(name), 1, size, abort.signal, waits.resolve);
  file.then((sink) => sink?.close()).catch(() => {});
  return { file, waits: waits.promise, abort };
}

test('the next attempt finds what was completed, and locks out the last one', async () => {
  const first = await opened('a', 600);
  await first.write(0, Buffer.alloc(300, 'x'));
  await first.complete([0, 300]);
  const second = await opened('a', 600, 2);
  expect(second.received).toEqual([[0, 300]]);
  await expect(first.write(300, Buffer.from('y'))).rejects.toMatchObject({ code: 'conflict' });
});

test('a file whose data was removed has received nothing, whatever its journal says', async () => {
  const first = await opened('a', 600);
  await first.write(0, Buffer.alloc(300, 'x'));
  await first.complete([0, 300]);
  await first.close();
  const [folder = ''] = await readdir(path);
  await rm(join(path, folder, 'data'));
  expect((await opened('a', 600, 2)).received).toEqual([]);
});

test('the files of different copies have data of their own', async () => {
  const [one, other] = [await opened('a', 300), await opened('b', 300)];
  await one.write(0, Buffer.alloc(300, '1'));
  await other.write(0, Buffer.alloc(300, '2'));
  const back = Buffer.alloc(300);
  await one.readBack(0, back);
  expect(back.equals(Buffer.alloc(300, '1'))).toBe(true);
});

test('the second image of a job does not wait for the room of the first', async () => {
  await opened('a', 600);
  await opened('b', 300);
  const wait = () => expect.unreachable('the first image has gone');
  const anew = await spool.open({ ...copy('a'), image_id: 'anew' }, 1, 700, never, wait);
  expect(anew?.received).toEqual([]);
  expect(await readdir(path)).toHaveLength(2);
  await anew?.close();
});

test('a disk that fails is a fault of the spool that may pass', async () => {
  const file = await opened('a', 600);
  await rm(join(path, encodeURIComponent('mark-a a')), { recursive: true });
  const failure = await file.write(0, Buffer.from('x')).catch((error) => error);
  expect(failure).toMatchObject({ code: 'unavailable', message: "the worker's spool: the image is gone" });
  await rm(path, { recursive: true });
  await writeFile(path, 'no folder');
  const wait = () => expect.unreachable('there is no folder to wait for');
  await expect(spool.open(copy('a'), 2, 600, never, wait)).rejects.toMatchObject({ code: 'unavailable' });
});

test('a copy for which there is no room waits until another one is removed', async () => {
  await opened('a', 600);
  const second = waiting('b', 600);
  await second.waits;
  expect(await readdir(path)).toHaveLength(1);
  await spool.remove(copy('a'), 1);
  expect((await second.file)?.received).toEqual([]);
});

test('a copy that has its room already does not wait for it again', async () => {
  await (await opened('a', 1000)).close();
  await opened('a', 1000, 2);
});

test('an image that is larger than the whole spool is not put there, and reserves nothing', async () => {
  expect(await spool.open(copy('a'), 1, 1001, never, () => {})).toBeNull();
  expect(await readdir(path)).toEqual([]);
});

test("an abort ends the wait with the signal's reason, and reserves nothing", async () => {
  await opened('a', 600);
  const { file, waits, abort } = waiting('b', 600);
  await waits;
  const reason = new Error('enough');
  abort.abort(reason);
  await expect(file).rejects.toBe(reason);
  expect(await readdir(path)).toHaveLength(1);
});

test('two workers share a folder, and together use no more than its size', async () => {
  const other = openSpool({ path, bytes: 1000 });
  await opened('a', 600);
  const second = waiting('b', 600, other);
  await second.waits;
  await spool.remove(copy('a'), 1);
  await second.file;
});

test('if two workers want the last room at the same time, both get it, one after the other', async () => {
  const other = openSpool({ path, bytes: 1000 });
  const [one, two] = [waiting('a', 600), waiting('b', 600, other)];
  const first = await Promise.race([one.file.then(() => 'a'), two.file.then(() => 'b')]);
  // The other worker gives up its room first, and removes its folder afterwards.
  await expect.poll(() => readdir(path)).toHaveLength(1);
  await spool.remove(copy(first), 1);
  await Promise.all([one.file, two.file]);
});

test('`remove` leaves nothing of a copy, may be repeated, and leaves the other copies', async () => {
  await opened('a', 300);
  await opened('b', 300);
  await spool.remove(copy('a'), 1);
  await spool.remove(copy('a'), 1);
  await spool.remove(copy('never-there'), 1);
  expect(await readdir(path)).toHaveLength(1);
  await opened('c', 700);
});

test('a sweep removes the copies that have ended, and leaves those under way', async () => {
  await opened('running', 300);
  await opened('ended', 300);
  const asked: string[] = [];
  await spool.sweep(async ({ workflow_id }) => {
    asked.push(workflow_id);
    return workflow_id === 'job-running';
  });
  expect(asked.sort()).toEqual(['job-ended', 'job-running']);
  expect(await readdir(path)).toEqual([encodeURIComponent('mark-running running')]);
});

test('a sweep leaves a folder without an owner, unless it is old', async () => {
  const [fresh, old] = ['mark%20new', 'mark%20old'];
  await mkdir(join(path, fresh));
  await mkdir(join(path, old));
  await writeFile(join(path, old, 'copy.json'), '{"workflow');
  await utimes(join(path, old), 0, 0);
  await spool.sweep(async () => expect.unreachable('they have no owner'));
  expect(await readdir(path)).toEqual([fresh]);
});

test('a sweep leaves alone what does not belong to the spool', async () => {
  await mkdir(join(path, 'lost+found'));
  await utimes(join(path, 'lost+found'), 0, 0);
  await spool.sweep(async () => false);
  expect(await readdir(path)).toEqual(['lost+found']);
});

test('a sweep of a missing folder does nothing', async () => {
  await openSpool({ path: join(path, 'none'), bytes: 1 }).sweep(async () => false);
});

test('only its worker can read data in the spool', async () => {
  await opened('a', 300);
  const [folder = ''] = await readdir(path);
  expect((await stat(join(path, folder))).mode & 0o077).toBe(0);
});
