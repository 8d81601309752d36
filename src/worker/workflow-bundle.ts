import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, type DefaultLogger } from '@temporalio/worker';

const ROOT = join(import.meta.dirname, '../..');
const CACHE = join(ROOT, 'node_modules/.cache/image-replicator');
/** What the workflow's code is made of. */
const SOURCES = [
  'workflows',
  'src/copy-job',
  'src/object-task',
  'src/image',
  'src/text',
  'package-lock.json',
];

/**
 * The workflow's code as one file. Bundling takes seconds, so that it is done once for each state of the
 * sources, and not at each start of a worker.
 */
export async function workflowBundle(logger: DefaultLogger): Promise<{ code: string }> {
  const path = join(CACHE, `workflows-${await fingerprint()}.js`);
  const cached = await readFile(path, 'utf8').catch(() => undefined);
  if (cached !== undefined) return { code: cached };
  const { code } = await bundleWorkflowCode({ workflowsPath: join(ROOT, 'workflows/index.ts'), logger });
  await mkdir(CACHE, { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, code);
  await rename(temporary, path);
  return { code };
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const entries = await readdir(join(ROOT, source)).catch(() => ['']);
    for (const name of entries.sort()) {
      hash.update(`${source}/${name}\n`).update(await readFile(join(ROOT, source, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
