import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type End, type Look, OBJECT } from '../end.ts';
import { sha512 } from './directory.ts';

/** The folder in which the product keeps files that are not yet objects. */
const HIDDEN = '.image-replicator';

/** Returns an end that holds plain files in a folder. */
export async function objectsDirectoryEnd(root: string): Promise<End> {
  await mkdir(root, { recursive: true });
  const file = (calls: readonly string[], path: string) => ({ kind: 'file', calls, path }) as const;
  const inRoot = root.replaceAll('.', '\\.');
  const hidden = `^${inRoot}/\\${HIDDEN}/`;
  return {
    objects: true,
    tenant: null,
    server: null,
    store: () => ({ driver: 'directory', path: root }),
    async seed(data) {
      await mkdir(dirname(join(root, OBJECT)), { recursive: true });
      await writeFile(join(root, OBJECT), data);
      return OBJECT;
    },
    look: () => look(root),
    fingerprint: async () => (await filesIn(root)).join('\n'),
    async spoil(path, how) {
      if (how === 'deleted') await rm(join(root, path));
      else await appendFile(join(root, path), 'x');
    },
    reads: file(['read'], `^${inRoot}/[^.]`),
    writes: file(['write'], `${hidden}.*data$`),
    steps: {
      prepare: [file(['rename'], `${hidden}\\S+\\.new `)],
      verify: [file(['datasync', 'sync'], `${hidden}.*data$`)],
      commit: [file(['link', 'rename'], `${hidden}.*/data ${inRoot}/[^.]`)],
      discard: [file(['rename', 'unlink', 'rmdir', 'rm'], hidden)],
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
}

async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.map(({ parentPath, name }) => relative(root, join(parentPath, name))).sort();
}

async function look(root: string): Promise<Look> {
  const images = [];
  const rest = [];
  for (const path of await filesIn(root)) {
    if (path === HIDDEN) continue;
    if (path.startsWith(`${HIDDEN}/`)) rest.push(path);
    else if ((await stat(join(root, path))).isFile()) {
      const data = await readFile(join(root, path));
      images.push({ id: path, sha512: sha512(data), bytes: data.length });
    }
  }
  return { images, rest };
}
