import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeFence } from '../../src/stores/disk/fence.ts';

test('a folder that is doomed is refused, also to an attempt whose own fence is still there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fence-'));
  for (const name of ['doomed-3', 'fence-5']) await writeFile(join(folder, name), '');
  await expect(takeFence(folder, 5)).rejects.toMatchObject({ code: 'not_found' });
  await rm(folder, { recursive: true });
});
