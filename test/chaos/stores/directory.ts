import { createHash, randomUUID } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { End, Look } from '../end.ts';

/** Returns an end that holds images in a folder. */
export async function directoryEnd(root: string): Promise<End> {
  await mkdir(root, { recursive: true });
  const file = (calls: readonly string[], path: string) => ({ kind: 'file', calls, path }) as const;
  const inRoot = root.replaceAll('.', '\\.');
  return {
    objects: false,
    tenant: null,
    server: null,
    store: () => ({ driver: 'directory', path: root }),
    async seed(data) {
      const id = randomUUID();
      await mkdir(join(root, id));
      await writeFile(join(root, id, 'data'), data);
      await writeFile(join(root, id, 'image.json'), JSON.stringify(recordOf(id, data)));
      return id;
    },
    look: () => look(root),
    fingerprint: async () => {
      const names = await readdir(root, { recursive: true }).catch(() => ['gone']);
      return names.sort().join('\n');
    },
    async spoil(id, how) {
      if (how === 'deleted') await rm(join(root, id), { recursive: true });
      else await appendFile(join(root, id, 'data'), 'x');
    },
    reads: file(['read'], `^${inRoot}/[^.].*/data$`),
    writes: file(['write'], `^${inRoot}/.*/data$`),
    steps: {
      prepare: [file(['rename'], `^${inRoot}/\\S+ ${inRoot}/\\.\\S+\\.partial$`)],
      verify: [file(['datasync', 'sync'], `^${inRoot}/\\..*/data$`)],
      commit: [file(['rename'], `^${inRoot}/\\.\\S+\\.partial ${inRoot}/[^.]\\S+$`)],
      discard: [file(['rm', 'unlink', 'rmdir', 'rename'], `^${inRoot}/\\.`)],
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
}

/** Returns the record of an image, in Glance's format. */
export function recordOf(id: string, data: Buffer) {
  return {
    id,
    name: 'chaos',
    status: 'active',
    visibility: 'private',
    disk_format: 'raw',
    container_format: 'bare',
    size: data.length,
    min_disk: 0,
    min_ram: 0,
    os_hidden: false,
    protected: false,
    owner: null,
    tags: [],
    properties: {},
    checksum: null,
    os_hash_algo: 'sha512',
    os_hash_value: sha512(data),
    created_at: '2026-01-01T00:00:00Z',
  };
}

export function sha512(data: Buffer): string {
  return createHash('sha512').update(data).digest('hex');
}

async function look(root: string): Promise<Look> {
  const names = await readdir(root);
  const images = [];
  const rest = [];
  for (const name of names) {
    const isImage = await stat(join(root, name, 'image.json')).catch(() => undefined);
    if (name.startsWith('.') || isImage === undefined) {
      rest.push(name);
      continue;
    }
    const data = await readFile(join(root, name, 'data')).catch(() => Buffer.alloc(0));
    images.push({ id: name, sha512: sha512(data), bytes: data.length });
  }
  return { images, rest };
}
